//! Receipts of secret ballots: a code that the voter's own device makes up and keeps.
//!
//! It goes into the urn with the ballot and comes out of it when the ballots are counted, in a list that is sorted: whoever
//! kept a code sees that the ballot was counted. What was chosen is not in the list, so nobody can be made to show it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const LENGTH: usize = 16;

/// 16 characters of Crockford's base 32 (80 bits), printed in groups of four.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Receipt(String);

/// Text that is no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a receipt")]
pub struct BadReceipt;

impl FromStr for Receipt {
    type Err = BadReceipt;

    /// Reads what people type, too: groups, small letters, and the letters that look like digits.
    fn from_str(text: &str) -> Result<Self, BadReceipt> {
        let code: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            })
            .collect();
        let is_code = code.len() == LENGTH && code.chars().all(|c| c.is_ascii_alphanumeric() && c != 'U');
        if is_code { Ok(Self(code)) } else { Err(BadReceipt) }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Receipt> for String {
    fn from(receipt: Receipt) -> Self {
        receipt.0
    }
}

impl TryFrom<String> for Receipt {
    type Error = BadReceipt;

    fn try_from(text: String) -> Result<Self, BadReceipt> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_write_them() {
        let code: Receipt = "7k3m-0q2w-9xab-cd1f".parse().unwrap();
        assert_eq!(code.to_string(), "7K3M0Q2W9XABCD1F");
        assert_eq!("7K3M OQ2W 9XAB CDLF".parse(), Ok(code));
        for bad in ["", "7K3M0Q2W9XABCD1", "7K3M0Q2W9XABCD1FF", "7K3M0Q2W9XABCDUF", "7K3M0Q2W9XABCD！F", "党党党党党"]
        {
            assert_eq!(bad.parse::<Receipt>(), Err(BadReceipt), "{bad}");
        }
    }
}
