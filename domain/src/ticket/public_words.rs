//! A request's words on a public screen: the beginning, without what would tell whose they are.

/// Characters that are shown.
const EXCERPT: usize = 24;
/// Digits from which on a number is taken for a phone, an identity card or a bank card.
const LONG_NUMBER: usize = 7;
const HIDDEN_NUMBER: &str = "****";
const HIDDEN_NAME: &str = "某某";

/// The first line of `content`, short, without long numbers and without the submitter's name.
pub(super) fn public_words(content: &str, submitter: &str) -> String {
    let mut words = without_numbers(content.lines().next().unwrap_or_default());
    if !submitter.is_empty() {
        words = words.replace(submitter, HIDDEN_NAME);
    }
    let excerpt: String = words.chars().take(EXCERPT).collect();
    if excerpt.len() < words.len() { format!("{excerpt}…") } else { words }
}

fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut number = String::new();
    for character in text.chars() {
        if is_digit(character) || (!number.is_empty() && goes_on(character)) {
            number.push(character);
        } else {
            end_number(&mut number, &mut shown);
            shown.push(character);
        }
    }
    end_number(&mut number, &mut shown);
    shown
}

/// Moves a number, with the separators in and behind it, to what is shown: a long one hidden.
fn end_number(number: &mut String, shown: &mut String) {
    if number.chars().filter(|character| is_digit(*character)).count() < LONG_NUMBER {
        shown.push_str(number);
    } else {
        shown.push_str(HIDDEN_NUMBER);
    }
    number.clear();
}

/// Whether a number goes on behind this.
pub(super) const fn goes_on(character: char) -> bool {
    matches!(character, ' ' | '\u{3000}' | '-' | '－' | '‐' | '–')
}

fn is_digit(character: char) -> bool {
    digit(character).is_some()
}

/// What a digit stands for; full-width ones too.
pub(super) fn digit(character: char) -> Option<u32> {
    match character {
        '０'..='９' => Some(u32::from(character) - u32::from('０')),
        _ => character.to_digit(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_shows_the_beginning_without_numbers_and_name() {
        let cases = [
            ("三组路口的路灯坏了", "三组路口的路灯坏了"),
            ("第一行\n第二行", "第一行"),
            ("路灯坏了请打13812345678找我李小明", "路灯坏了请打****找我某某"),
            ("电话 138-1234 5678，急", "电话 ****，急"),
            ("电话１３８１２３４５６７８", "电话****"),
            ("身份证45010219900101123X的老人", "身份证****X的老人"),
            ("3 组 12 号有 120 人，2026 年", "3 组 12 号有 120 人，2026 年"),
            ("一二三四五六七八九十一二三四五六七八九十一二三四五", "一二三四五六七八九十一二三四五六七八九十一二三四…"),
            (
                "二十三个字后面才是号码一二三四五六七八九十一13812345678",
                "二十三个字后面才是号码一二三四五六七八九十一**…",
            ),
            ("", ""),
        ];
        for (content, shown) in cases {
            assert_eq!(public_words(content, "李小明"), shown, "{content}");
        }
        assert_eq!(public_words("没有名字的人", ""), "没有名字的人");
    }
}
