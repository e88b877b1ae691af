//! The values of cells as people write them.

use chrono::NaiveDate;

/// A day: `2024-07-01`, `2024/7/1`, `2024.7.1`, `2024年7月1日`, `20240701`.
pub fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return date(&text[..4], &text[4..6], &text[6..]);
    }
    let text = text.strip_suffix('日').unwrap_or(text);
    let mut parts = text.split(['-', '/', '.', '年', '月']);
    let found = date(parts.next()?, parts.next()?, parts.next()?)?;
    parts.next().is_none().then_some(found)
}

fn date(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let digits = |text: &str, most: usize| -> Option<u32> {
        let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { text.parse().ok() } else { None }
    };
    let year = digits(year, 4).filter(|year| *year >= 1_000)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, digits(month, 2)?, digits(day, 2)?)
}

/// Words with any of the usual signs between them.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', '；', ';', '/', ' ', '　', '\n']).map(str::trim).filter(|word| !word.is_empty())
}

/// What programs that read CSV would take for a formula (OWASP, CSV injection).
const FORMULA_SIGNS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text that no program takes for a formula, also after it was saved as CSV.
pub(super) fn guarded(text: &str) -> String {
    if text.starts_with(FORMULA_SIGNS) { format!("'{text}") } else { text.to_owned() }
}

/// The text behind [`guarded`].
pub(super) fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA_SIGNS) => rest,
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let first = NaiveDate::from_ymd_opt(2024, 7, 1);
        for text in ["2024-07-01", "2024/7/1", "2024.7.1", "2024.07.01", "2024年7月1日", " 20240701 "] {
            assert_eq!(day(text), first, "{text}");
        }
        for text in [
            "",
            "2024",
            "2024-7",
            "2024-13-01",
            "2024-02-30",
            "24-7-1",
            "2024-7-1-1",
            "20241301",
            "七月",
            "-2024-7-1",
            "2024-+7-1",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn words_are_told_apart_by_any_usual_sign() {
        assert_eq!(
            words("书记、组织委员，宣传委员; 委员").collect::<Vec<_>>(),
            ["书记", "组织委员", "宣传委员", "委员"]
        );
        assert_eq!(words(" ， ").count(), 0);
    }

    #[test]
    fn no_text_is_taken_for_a_formula_and_none_is_lost() {
        for text in ["=1+1", "+86", "-1", "@x", "\tx", "\rx"] {
            assert_eq!(guarded(text), format!("'{text}"));
            assert_eq!(unguarded(&guarded(text)), text);
        }
        for text in ["", "韦建国", "'x", "1=1"] {
            assert_eq!((guarded(text).as_str(), unguarded(text)), (text, text));
        }
    }
}
