//! 红色服务: a link to another site that a grid offers to the residents of its subtree (inventory GRID-22). Only `https`, so that
//! nobody between can change what residents are led to, and no address that runs something on our page.

use crate::clock::Timestamp;
use crate::ids::{GridId, ServiceLinkId};
use crate::policy::one_line;
use crate::problem::{FieldError, Refusal};
use crate::tree::TreePath;
use crate::web_address::whole_address;

/// Characters of a title.
pub const MAX_TITLE: usize = 30;
/// Characters of a description.
pub const MAX_DESCRIPTION: usize = 100;
/// Characters of an address.
pub const MAX_ADDRESS: usize = 500;
/// The last place that a link can be given.
pub const MAX_ORDER: i32 = 9_999;

/// What a link says and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTarget {
    /// 1 to 30 characters, one line.
    pub title: String,
    /// An `https` address of at most 500 characters.
    pub address: String,
    /// At most 100 characters; may be empty.
    pub description: String,
    /// 0 to 9,999; the smallest comes first.
    pub sort_order: i32,
}

impl LinkTarget {
    /// Checks what was written; everything that is wrong at once.
    ///
    /// # Errors
    /// The fields `title`, `address`, `description` and `sort_order` that are wrong.
    pub fn check(title: &str, address: &str, description: &str, sort_order: i32) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let title = one_line("title", title, true, MAX_TITLE).map_err(|error| wrong.push(error));
        let address = https_address(address).map_err(|error| wrong.push(error));
        let description =
            one_line("description", description, false, MAX_DESCRIPTION).map_err(|error| wrong.push(error));
        if !(0..=MAX_ORDER).contains(&sort_order) {
            wrong.push(FieldError::new("sort_order", "field.range", format!("排序应为 0 到 {MAX_ORDER}")));
        }
        match (title, address, description) {
            (Ok(title), Ok(address), Ok(description)) if wrong.is_empty() => {
                Ok(Self { title, address, description, sort_order })
            }
            _ => Err(Refusal::fields(wrong)),
        }
    }
}

fn https_address(text: &str) -> Result<String, FieldError> {
    let text = one_line("address", text, true, MAX_ADDRESS)?;
    let parsed = whole_address(&text, &["https"]);
    match parsed {
        Some(url) if url.as_str().chars().count() <= MAX_ADDRESS => Ok(url.into()),
        _ => Err(FieldError::new("address", "link.address", "请填写以 https:// 开头的完整网址")),
    }
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceLink {
    /// Its id.
    pub id: ServiceLinkId,
    /// Grows with every change, from 1.
    pub version: u32,
    /// The grid whose residents, and those of all grids below, are offered it.
    pub grid_id: GridId,
    /// Its place in the tree.
    pub grid_path: TreePath,
    /// What it says and where it leads.
    pub target: LinkTarget,
    /// Whether residents see it.
    pub enabled: bool,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_https_addresses_are_taken() {
        let long = format!("https://example.cn/{}", "a".repeat(MAX_ADDRESS - 19));
        let cases = [
            ("https://example.cn", Some("https://example.cn/")),
            (" https://www.example.gov.cn/a?b=c#d ", Some("https://www.example.gov.cn/a?b=c#d")),
            ("HTTPS://EXAMPLE.CN/甲", Some("https://example.cn/%E7%94%B2")),
            ("https://10.1.2.3:8443/x", Some("https://10.1.2.3:8443/x")),
            (long.as_str(), Some(long.as_str())),
            ("http://example.cn", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("//example.cn", None),
            ("example.cn", None),
            ("https:example.cn", None),
            ("https:/example.cn", None),
            ("https://", None),
            ("https://localhost/x", None),
            ("https://www.gov.cn@evil.example/", None),
            ("https://exa mple.cn", None),
            ("https://example.cn/\nx", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(https_address(text).ok().as_deref(), expected, "{text}");
        }
        assert!(https_address(&format!("{long}a")).is_err());
        // Short as written, long as sent.
        assert!(https_address(&format!("https://example.cn/{}", "甲".repeat(200))).is_err());
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let cases: [(&str, &str, &str, i32, &[&str]); 5] = [
            ("党员教育", "https://example.cn/", "", 0, &[]),
            ("题", "https://example.cn/", "说明", MAX_ORDER, &[]),
            ("题", "https://example.cn/", "", -1, &["sort_order"]),
            ("题", "https://example.cn/", "", MAX_ORDER + 1, &["sort_order"]),
            ("", "x", "两\n行", -1, &["title", "address", "description", "sort_order"]),
        ];
        for (title, address, description, order, wrong) in cases {
            let checked = LinkTarget::check(title, address, description, order);
            let found: Vec<String> = match &checked {
                Ok(_) => Vec::new(),
                Err(refusal) => refusal.fields.iter().map(|error| error.field.clone()).collect(),
            };
            assert_eq!(found, wrong, "{title}");
        }
    }
}
