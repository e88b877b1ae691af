//! Names of people (domain rules §7.5) and how lists show them (§9.4).

use std::fmt;
use std::str::FromStr;

/// The most characters of a name: names of some minorities have 25 and more (State Ethnic Affairs notice, §7.5).
pub const MAX_NAME_CHARS: usize = 50;

/// The one interpunct of names, U+00B7 (GB 18030 A1A4), that the look-alikes of keyboards are mapped to.
const INTERPUNCT: char = '·';

/// Surnames of two characters; a name of three or more that begins with one keeps both when masked.
const COMPOUND_SURNAMES: [&str; 70] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒", "司空",
    "夏侯", "端木", "百里", "东郭", "南宫", "西门", "呼延", "轩辕", "独孤", "拓跋", "澹台", "公冶", "宗政", "濮阳",
    "淳于", "单于", "太叔", "申屠", "仲孙", "钟离", "鲜于", "闾丘", "司寇", "亓官", "赫连", "万俟", "闻人", "公羊",
    "梁丘", "左丘", "段干", "第五", "纳兰", "完颜", "叶赫", "耶律", "公西", "漆雕", "乐正", "壤驷", "公良", "夹谷",
    "宰父", "谷梁", "巫马", "颛孙", "东门", "南门", "归海", "羊舌", "微生", "梁邱", "歐陽", "司馬", "諸葛", "鍾離",
];

/// Why a text is not a person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but spaces.
    #[error("name is empty")]
    Empty,
    /// More than [`MAX_NAME_CHARS`].
    #[error("name has more than {MAX_NAME_CHARS} characters")]
    TooLong,
    /// A control character or an invisible one, which could make one name look like another.
    #[error("name has an invisible character")]
    Invisible,
    /// Digits and signs only.
    #[error("name has no letter")]
    NoLetter,
}

impl NameError {
    /// Stable code of a field error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "field.required",
            Self::TooLong => "field.too_long",
            Self::Invisible | Self::NoLetter => "field.characters",
        }
    }

    /// What to tell people, in Chinese.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "请填写姓名",
            Self::TooLong => "姓名最多 50 个字",
            Self::Invisible => "姓名含有无法识别的字符",
            Self::NoLetter => "姓名里没有文字",
        }
    }
}

/// A person's name: trimmed, 1–50 characters of any script (rare hanzi beyond the basic plane too), with the
/// interpunct of names made one character. Nothing else is normalised: NFKC would change people's names (§7.5).
///
/// `Debug` shows it masked; [`PersonName::as_str`] is the name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// Reads a name; spaces around it go, those within become one each.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut name = String::new();
        for (count, character) in text.split_whitespace().flat_map(|word| [" ", word]).flat_map(str::chars).enumerate()
        {
            // The space before the first word is counted and not kept.
            if count > MAX_NAME_CHARS {
                return Err(NameError::TooLong);
            }
            match character {
                '・' | '•' | '‧' | '．' => name.push(INTERPUNCT),
                invisible if is_invisible(invisible) => return Err(NameError::Invisible),
                ' ' if name.is_empty() => {}
                other => name.push(other),
            }
        }
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        // Private-use characters stand for rare hanzi in old records.
        if !name.chars().any(|c| c.is_alphabetic() || matches!(c, '\u{E000}'..='\u{F8FF}')) {
            return Err(NameError::NoLetter);
        }
        Ok(Self(name))
    }

    /// The name in full.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name for lists: the surname and a star for each further character (张*, 欧阳**). A name with an
    /// interpunct, a space or Latin letters shows its first character and two stars, as it has no surname that
    /// comes first and its length alone would tell much.
    pub fn masked(&self) -> String {
        let count = self.0.chars().count();
        let first = self.0.chars().next().unwrap_or('*');
        if count == 1 {
            return "*".to_owned();
        }
        if first.is_ascii() || self.0.contains([INTERPUNCT, ' ']) {
            return format!("{first}**");
        }
        let compound = COMPOUND_SURNAMES.iter().find(|surname| count > 2 && self.0.starts_with(**surname));
        match compound {
            Some(surname) => format!("{surname}{}", "*".repeat(count - 2)),
            None => format!("{first}{}", "*".repeat(count - 1)),
        }
    }
}

/// Control characters, zero-width ones, direction marks, and the byte-order mark.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

impl FromStr for PersonName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_names_as_they_are_but_for_the_interpunct() {
        for (text, name) in [
            ("张三", "张三"),
            ("  韦 师傅 ", "韦 师傅"),
            ("张\t\n 三", "张 三"),
            ("阿依古丽・买买提", "阿依古丽·买买提"),
            ("阿依古丽•买买提", "阿依古丽·买买提"),
            ("阿依古丽‧买买提", "阿依古丽·买买提"),
            ("阿依古丽．买买提", "阿依古丽·买买提"),
            ("𠮷田𬭚", "𠮷田𬭚"),
            ("Anna  Li", "Anna Li"),
            // NFKC would make this the common 福 (U+798F).
            ("王\u{FA1B}", "王\u{FA1B}"),
        ] {
            assert_eq!(PersonName::parse(text).as_ref().map(PersonName::as_str), Ok(name), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        let exact = "阿".repeat(MAX_NAME_CHARS);
        assert!(PersonName::parse(&exact).is_ok());
        assert!(PersonName::parse(&format!(" {exact} ")).is_ok());
        for (text, expected) in [
            (String::new(), NameError::Empty),
            (" \u{3000}\t".to_owned(), NameError::Empty),
            (format!("{exact}阿"), NameError::TooLong),
            (format!("阿 {exact}"), NameError::TooLong),
            ("x".repeat(100_000), NameError::TooLong),
            ("张\u{200B}三".to_owned(), NameError::Invisible),
            ("张\u{202E}三".to_owned(), NameError::Invisible),
            ("张\0三".to_owned(), NameError::Invisible),
            ("13800001234".to_owned(), NameError::NoLetter),
            ("···".to_owned(), NameError::NoLetter),
        ] {
            assert_eq!(PersonName::parse(&text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn masks_all_but_the_surname() -> Result<(), NameError> {
        for (name, masked) in [
            ("张三", "张*"),
            ("张三丰", "张**"),
            ("欧阳修文", "欧阳**"),
            ("欧阳修", "欧阳*"),
            ("欧阳", "欧*"),
            ("张", "*"),
            ("𠮷田茂", "𠮷**"),
            ("阿依古丽·买买提", "阿**"),
            ("Anna Li", "A**"),
            ("Bo", "B**"),
        ] {
            let parsed = PersonName::parse(name)?;
            assert_eq!(parsed.masked(), masked, "{name}");
            assert_eq!(format!("{parsed:?}"), format!("PersonName({masked})"));
        }
        Ok(())
    }
}
