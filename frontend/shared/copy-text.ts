/** Copies a text; answers whether it worked. Without https the browser has no clipboard for pages: it can be selected by hand. */
export async function copyText(text: string): Promise<boolean> {
  return (
    (await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )) ?? false
  )
}
