/**
 * Words that mean somebody may be in danger now. A grid worker answers in minutes; 110, 119 and 120 answer at once,
 * so the form shows them before it lets such a text be sent.
 */
const words = [
  '报警', '着火', '火灾', '起火', '失火', '救命', '救火', '煤气', '燃气泄漏', '漏气', '爆炸', '自杀', '轻生', '跳楼', '跳河', '割腕', '喝农药', '服毒',
  '晕倒', '昏迷', '没有呼吸', '心脏病发', '中毒', '触电', '溺水', '落水', '大出血', '流血不止', '打架', '持刀', '砍人', '杀人', '抢劫', '绑架', '强奸', '家暴', '车祸', '塌方', '滑坡', '山洪',
] as const

export function emergencyWord(text: string): string | null {
  return words.find((word) => text.includes(word)) ?? null
}
