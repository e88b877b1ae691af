import { serverOfThisFile } from './support/demo-server'
import { nextCode } from './support/people'
import { desk, expect, phone, test } from './support/windows'

const server = serverOfThisFile()

test('the console says what is wrong with a login, and locks an account after three wrong passwords', async ({ open }) => {
  const { account, password } = server().account('leader_l4')
  const { page, tolerate } = await open(desk)
  tolerate(/status of (401|422|423|429) .*\/auth\/login$/)
  const message = page.locator('form').getByRole('alert')
  const button = page.getByRole('button', { name: '登录' })

  await page.goto(`${server().base}/console`)
  await expect(page).toHaveURL(/\/login\?next=/)
  await button.click()
  await expect(message).toHaveText('请填写账号和密码。')

  await page.getByLabel('账号').fill('meiyouzhegeren')
  await page.getByLabel('密码').fill(password)
  await button.click()
  await expect(message).toHaveText('账号或密码不正确')

  await page.getByLabel('账号').fill(account)
  for (const wrong of ['Cuowu-2026-a', 'Cuowu-2026-b', 'Cuowu-2026-c']) {
    await page.getByLabel('密码').fill(wrong)
    const answer = page.waitForResponse(/\/auth\/login$/)
    await button.click()
    await answer
  }
  await page.getByLabel('密码').fill(password)
  await button.click()
  await expect(message).toHaveText(/账号已锁定，请 15 分钟后再试或联系管理员/)
  await expect(page).toHaveURL(/\/login/)
})

test('a good login leads to the page that was asked for, and logging out leads back', async ({ open }) => {
  const { account, password, name } = server().account('leader_l3')
  const { page } = await open(desk)
  await page.goto(`${server().base}/console`)
  await page.getByLabel('账号').fill(account)
  await page.getByLabel('密码').fill(password)
  await page.getByRole('button', { name: '登录' }).click()
  await expect(page).toHaveURL(/\/console$/)
  await expect(page.getByText(name).first()).toBeVisible()
  await page.getByRole('button', { name: /外观与退出/ }).click()
  await page.getByRole('menuitem', { name: '退出' }).click()
  await expect(page.getByRole('heading', { name: '工作人员登录' })).toBeVisible()
})

test('a worker signs in on the phone', async ({ open }) => {
  const { account, password } = server().account('worker')
  const { page, tolerate } = await open(phone)
  tolerate(/status of 401 .*\/auth\/login$/)
  await page.goto(`${server().base}/m/work`)
  await expect(page.getByRole('heading', { name: '网格员工作台' })).toBeVisible()
  await page.getByLabel('账号').fill(account)
  await page.getByLabel('密码').fill('Cuowu-2026-a')
  await page.getByRole('button', { name: '登录' }).click()
  await expect(page.getByText('账号或密码不正确')).toBeVisible()
  await page.getByLabel('密码').fill(password)
  await page.getByRole('button', { name: '登录' }).click()
  await expect(page.getByRole('heading', { name: '我的服务' })).toBeVisible()
})

test('a wrong phone code is refused, the right one opens the list', async ({ open }) => {
  const number = '13800003333'
  const { page, tolerate } = await open(phone)
  tolerate(/status of 422 .*\/auth\/sms-login$/)
  await page.goto(`${server().base}/m/tickets`)
  await page.getByLabel('手机号').fill('1380000')
  await page.getByRole('button', { name: '获取验证码' }).click()
  await expect(page.getByRole('alert')).toHaveText('请填写 11 位手机号。')
  await page.getByLabel('手机号').fill(number)
  const code = await nextCode(server(), number, () => page.getByRole('button', { name: '获取验证码' }).click())
  await page.getByLabel('验证码').fill(code === '000000' ? '111111' : '000000')
  await page.getByRole('button', { name: '登录' }).click()
  await expect(page.getByRole('alert')).toContainText('验证码不正确或已失效')
  await page.getByLabel('验证码').fill(code)
  await page.getByRole('button', { name: '登录' }).click()
  await expect(page.getByText('第一次使用，请告诉网格员怎么称呼您、到哪里找您。')).toBeVisible()
  await page.getByLabel('姓名').fill('罗春梅')
  await page.getByLabel('住址').fill('柳河村 8 号')
  await page.getByRole('button', { name: '保存' }).click()
  await expect(page.getByRole('tab', { name: '未接服务' })).toBeVisible()
})
