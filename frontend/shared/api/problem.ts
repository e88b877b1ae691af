/** What went wrong, as RFC 9457 `application/problem+json` tells it. `code` is stable, `message` is for people. */

export interface FieldError {
  field: string
  code: string
  message: string
}

export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly fields: readonly FieldError[]
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
  /** Members of the answer beyond the common ones, such as `opens_at`. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(
    status: number,
    code: string,
    message: string,
    fields: readonly FieldError[] = [],
    requestId: string | null = null,
    retryAfterSeconds: number | null = null,
    extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
    this.name = 'ApiProblem'
    this.status = status
    this.code = code
    this.fields = fields
    this.requestId = requestId
    this.retryAfterSeconds = retryAfterSeconds
    this.extra = extra
  }

  /** The request may not have arrived at all; the same request may be sent again. */
  get isUnreachable(): boolean {
    return this.code === unreachableCode
  }

  get isSignedOut(): boolean {
    return this.status === 401
  }

  fieldMessage(field: string): string | null {
    return this.fields.find((error) => error.field === field)?.message ?? null
  }
}

const unreachableCode = 'network.unreachable'

export function unreachableProblem(): ApiProblem {
  return new ApiProblem(0, unreachableCode, '网络不通，请检查网络后重试。')
}

export function parseProblem(status: number, body: unknown, retryAfter: string | null): ApiProblem {
  const record = isRecord(body) ? body : {}
  const detail = text(record['detail']) ?? text(record['title']) ?? fallbackMessage(status)
  const fields = Array.isArray(record['fields']) ? record['fields'].flatMap(parseField) : []
  const seconds = retryAfter === null ? NaN : Number(retryAfter)
  return new ApiProblem(
    status,
    text(record['code']) ?? `http.${status}`,
    detail,
    fields,
    text(record['request_id']),
    Number.isFinite(seconds) ? seconds : null,
    record,
  )
}

/** One sentence for a message line, whatever was thrown. */
export function describeProblem(error: unknown): string {
  if (error instanceof ApiProblem) {
    const fields = error.fields.map((field) => field.message).filter((message) => !error.message.includes(message))
    return fields.length > 0 ? `${error.message}（${fields.join('；')}）` : error.message
  }
  return '出了点问题，请稍后再试。'
}

function parseField(value: unknown): FieldError[] {
  if (!isRecord(value)) return []
  const field = text(value['field'])
  const message = text(value['message'])
  return field !== null && message !== null ? [{ field, code: text(value['code']) ?? '', message }] : []
}

function fallbackMessage(status: number): string {
  if (status === 401) return '请先登录。'
  if (status === 403) return '您没有这项权限。'
  if (status === 404) return '没有找到，可能已被删除或不归您查看。'
  if (status === 413) return '文件太大了。'
  if (status === 429) return '操作太频繁，请稍等片刻再试。'
  if (status >= 500) return '服务器暂时繁忙，请稍后再试。'
  return '请求没有被接受，请检查后重试。'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
