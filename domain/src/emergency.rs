//! Words that must show 110, 119 or 120 before a request is sent to the grid (domain rules §8.2): a grid worker
//! answers in minutes, a fire does not wait.
//!
//! The rule is a list of words and nothing cleverer: it must work the same on every node and be read by the
//! people who answer for it. Where in doubt it shows a number; a needless line costs a glance. Phrases in which
//! a word is harmless are taken out of the text first (`HARMLESS`). Sentences that deny ("没有着火") are not
//! understood, on purpose.

use serde::Serialize;

/// A number to call at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EmergencyNumber {
    /// What to dial.
    pub number: &'static str,
    /// What it is for, in Chinese.
    pub title: &'static str,
}

/// The police; traffic accidents (122) too, since most provinces have joined the two.
pub const POLICE: EmergencyNumber = EmergencyNumber { number: "110", title: "报警" };
/// Fire and rescue.
pub const FIRE: EmergencyNumber = EmergencyNumber { number: "119", title: "火警" };
/// First aid.
pub const AMBULANCE: EmergencyNumber = EmergencyNumber { number: "120", title: "急救" };
/// All numbers in the order in which they are shown.
pub const EMERGENCY_NUMBERS: [EmergencyNumber; 3] = [POLICE, FIRE, AMBULANCE];

/// Danger from people: violence, theft, fraud; missing and suicidal people; drugs, arms, accidents on the road.
const POLICE_WORDS: &str = "\
    打架 斗殴 群殴 打人 被人打 被打了 被打伤 打死 挨打 持刀 拿刀 动刀 砍人 砍伤 捅人 捅伤 杀人 行凶 家暴 \
    家庭暴力 强奸 性侵 猥亵 绑架 劫持 非法拘禁 \
    抢劫 抢夺 被抢 小偷 被偷 偷东西 盗窃 诈骗 骗子 被骗 敲诈 勒索 \
    走失 失踪 拐卖 人贩子 自杀 轻生 跳楼 跳河 跳桥 不想活 救命 报警 \
    吸毒 贩毒 枪支 炸药 雷管 车祸 交通事故 肇事 被车撞 撞人";

/// Fire, explosion, people trapped, floods and slides.
const FIRE_WORDS: &str = "\
    着火 著火 起火 失火 火灾 山火 火警 大火 火烧 烧起来 浓烟 燃气泄漏 燃气泄露 煤气泄漏 煤气泄露 天然气泄漏 \
    天然气泄露 煤气漏 燃气漏 液化气泄漏 液化气泄露 爆炸 被困 困在电梯 溺水 落水 掉进河 掉河里 掉进水 掉井 \
    掉进井 垮塌 坍塌 塌方 房子塌 房屋倒塌 被埋 被压在 山体滑坡 泥石流 山洪 跳楼";

/// Life and health.
const AMBULANCE_WORDS: &str = "\
    救护车 急救 抢救 救命 昏迷 昏倒 晕倒 晕过去 不省人事 没有意识 叫不醒 心脏病发 心梗 心肌梗 心跳停 \
    心脏骤停 胸口剧痛 中风 脑溢血 脑出血 脑梗 大出血 流血不止 血流不止 出血不止 呼吸困难 没有呼吸 没呼吸 \
    喘不上气 抽搐 休克 中毒 喝农药 喝了农药 百草枯 敌敌畏 吞了 噎住 卡住喉 溺水 落水 触电 蛇咬 割腕 自杀 \
    跳楼 要生了 难产 羊水破 烧伤 烫伤 砍伤 捅伤 被车撞 车祸 摔下 重伤 生命危险";

/// Phrases that mean no danger now: prevention, training and equipment; then words that only meet by chance:
/// 一起|火锅, 空中|风筝, 集中|风险, 落水|管.
const HARMLESS: &str = "\
    火灾隐患 火灾演练 火灾保险 火警演练 防火灾 触电隐患 防触电 防溺水 防止溺水 防中毒 防诈骗 反诈骗 \
    防范诈骗 反家暴 反家庭暴力 防盗窃 禁止吸毒 防山洪 急救培训 急救知识 急救箱 急救包 急救药 学急救 \
    救护车通道 报警器 中风后遗症 脑梗后遗症 脑出血后遗症 大火把 爆炸声明 \
    火锅 火车 火腿 火把节 火烧云 空中风 中风险 集中风 落水管 落水沟 落水口 被困扰 发烧起来 跳楼价 救命钱 \
    救命稻草 救命恩 电脑中毒 手机中毒 系统中毒 打人工 吞了口水";

/// What stands before a number that somebody calls or wants to call.
const CALLS: &str = "打 打了 打过 拨 拨了 拨打了 报 报了 叫 叫了 呼 警 急救 联系";

/// What, coming next, makes a number a count, a price or a bus: 119路公交, 120块.
const UNITS: &str = "0123456789.路号元块角毛斤克吨米厘公里平亩万千百十度伏瓦个只头棵株袋箱辆台套间栋层楼户家人名岁年月日天小时分秒次遍%％kKgGvVwWmM";

/// The numbers that the text calls for, in the order of [`EMERGENCY_NUMBERS`]; empty for most texts.
///
/// Full-width characters count as half-width ones, spaces and invisible characters do not count.
pub fn emergency_numbers(text: &str) -> Vec<EmergencyNumber> {
    let mut plain = normalised(text);
    for phrase in HARMLESS.split_whitespace() {
        if plain.contains(phrase) {
            // A line break cannot be in the text any more, so no word joins up over the gap.
            plain = plain.replace(phrase, "\n");
        }
    }
    let mut found = Vec::new();
    for (number, words) in [(POLICE, POLICE_WORDS), (FIRE, FIRE_WORDS), (AMBULANCE, AMBULANCE_WORDS)] {
        if words.split_whitespace().any(|word| plain.contains(word)) || is_called(&plain, number.number) {
            found.push(number);
        }
    }
    found
}

/// Whether somebody calls `number` in the text: after a verb of calling, and not a count of something.
fn is_called(plain: &str, number: &str) -> bool {
    plain.match_indices(number).any(|(at, _)| {
        let (before, after) = (plain.get(..at).unwrap_or_default(), plain.get(at + number.len()..).unwrap_or_default());
        CALLS.split_whitespace().any(|verb| before.ends_with(verb)) && !after.starts_with(|next| UNITS.contains(next))
    })
}

/// The text without spaces and invisible characters, full-width letters and digits made half-width.
fn normalised(text: &str) -> String {
    let visible = text.chars().filter(|c| {
        !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
    });
    visible
        .map(|character| match character {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<&'static str> {
        emergency_numbers(text).iter().map(|emergency| emergency.number).collect()
    }

    #[test]
    fn danger_shows_the_right_numbers() {
        for (text, expected) in [
            ("两家人为了地界打架了，有人拿刀", vec!["110"]),
            ("家里进了小偷", vec!["110"]),
            ("老人走失两天了", vec!["110"]),
            ("后山着火了", vec!["119"]),
            ("后山 着　火了", vec!["119"]),
            ("后山着\u{200B}火了", vec!["119"]),
            ("邻居家煤气泄漏，味道很大", vec!["119"]),
            ("有人被困电梯", vec!["119"]),
            ("我爸突然晕倒，叫不醒", vec!["120"]),
            ("孩子喝了农药", vec!["120"]),
            ("小孩落水了", vec!["119", "120"]),
            ("村口出了车祸", vec!["110", "120"]),
            ("有人要跳楼", vec!["110", "119", "120"]),
            ("救命！", vec!["110", "120"]),
            ("帮我打１２０", vec!["120"]),
            ("帮忙拨打 119", vec!["119"]),
            ("已报警110，没人来", vec!["110"]),
            // A harmless phrase does not hide a real word beside it.
            ("消防栓没水，现在着火了", vec!["119"]),
            ("我们一起火速救人，房子起火了", vec!["119"]),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn everyday_texts_show_none() {
        for text in [
            "",
            "三组路口的路灯坏了",
            "小区消防栓坏了，消防通道被占",
            "119路公交改道，能不能加一站",
            "我打119路公交司机的电话没人接",
            "低保每月120元没有到账",
            "卖了110斤稻谷",
            "买了120块钱的种子，叫120个人来",
            "门牌110号前面积水",
            "周末大家一起火锅",
            "孩子们在空中风筝比赛",
            "养老院集中风险排查",
            "楼上落水管漏水",
            "长期被困扰的噪音问题",
            "希望办一次防溺水和急救培训",
            "楼道堆物有火灾隐患",
            "村里想学急救知识",
            "手机号是13811012000，请联系",
            "邻居打扫卫生不认真",
            "发烧起来要吃什么药",
            "楼道的报警器半夜总响",
            "老人有中风后遗症，申请残疾证",
        ] {
            assert_eq!(numbers(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn no_harmless_phrase_holds_another() {
        // The longer one would never be found, as the shorter one is cut out of it or does its work.
        for phrase in HARMLESS.split_whitespace() {
            assert!(!HARMLESS.split_whitespace().any(|other| other != phrase && phrase.contains(other)), "{phrase}");
        }
    }

    #[test]
    fn is_written_as_number_and_title() -> Result<(), serde_json::Error> {
        let json = serde_json::to_value(EMERGENCY_NUMBERS)?;
        let expected =
            r#"[{"number":"110","title":"报警"},{"number":"119","title":"火警"},{"number":"120","title":"急救"}]"#;
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(expected)?);
        Ok(())
    }
}
