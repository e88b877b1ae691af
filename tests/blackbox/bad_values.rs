//! Every way in which a value can be wrong, as JSON text: some of it no parser takes.

/// What a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// Words: at most so many characters; none only when it says so.
    Words { max: usize, required: bool },
    /// Whatever somebody types; wrong only if it is no text.
    AnyText,
    /// A person's name.
    Name,
    /// A mobile number; nothing only when it says so.
    Phone { required: bool },
    /// One of a few words.
    OneOf,
    /// The id of something that exists.
    Id,
    /// Ids of uploads.
    Ids,
    /// A whole number from and to.
    Whole(i64, i64),
    /// Any number.
    Number,
    /// Yes or no.
    Bool,
    /// A list of words: each at most so many characters.
    Lines(usize),
    /// What was chosen: numbers or words out of a few.
    Choices,
    /// An object.
    Object,
    /// A list of texts.
    Texts,
    /// A list of objects, none of which may be empty.
    Objects,
    /// A GeoJSON geometry, which may have members of others (RFC 7946 §6.1).
    Geometry,
    /// A year's notice, a file of others that may have members of theirs.
    Notice,
    /// A moment.
    Time,
    /// A date, `2027-01-01`.
    Day,
    /// `08:30`.
    TimeOfDay,
    /// Some of a few words.
    SomeOf,
    /// The address at a push service.
    Endpoint,
    /// The address of a video meeting.
    Link,
    /// A key of a push subscription.
    Key,
}

/// The id of nothing.
pub const STRANGE_ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What no JSON parser takes, or no text of ours may hold.
const BROKEN: [&str; 14] = [
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "+1",
    "0x10",
    "01",
    "1e999",
    "-1e999",
    "undefined",
    "'x'",
    r#""open"#,
    r#""\ud800""#,
    r#""a\u0000b""#,
];

/// Geometries that are no area.
const GEOMETRIES: [&str; 9] = [
    r#"{"type":"Polygon"}"#,
    r#"{"coordinates":[[[1,1],[2,1],[2,2]]]}"#,
    r#"{"type":"Point","coordinates":[1,1]}"#,
    r#"{"type":"Polygon","coordinates":[]}"#,
    r#"{"type":"Polygon","coordinates":[[]]}"#,
    r#"{"type":"Polygon","coordinates":[[[1,1],[2,1]]]}"#,
    r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1]]]}"#,
    r#"{"type":"Polygon","coordinates":[[["1","1"],[2,1],[2,2]]]}"#,
    r#"{"type":"Polygon","coordinates":[[[181,1],[2,1],[2,2]]]}"#,
];

/// Notices that say nothing, or nothing that can be.
const NOTICES: [&str; 6] = [
    "{}",
    r#"{"year":2027}"#,
    r#"{"days":[{"name":"x","date":"2027-01-01","isOffDay":true}]}"#,
    r#"{"year":2027,"days":[]}"#,
    r#"{"year":2027,"days":[{"name":"x","date":"2027-13-01","isOffDay":true}]}"#,
    r#"{"year":2027,"days":[{"name":"x","date":"2027-01-01","isOffDay":"yes"}]}"#,
];

/// Addresses that are nobody's push service, or that lead inside.
const ENDPOINTS: [&str; 12] = [
    "",
    "x",
    "/push",
    "ftp://fcm.googleapis.com/x",
    "http://fcm.googleapis.com/x",
    "https://evil.example/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://fcm.googleapis.com@evil.example/x",
    "http://127.0.0.1/x",
    "https://127.0.0.1:9464/metrics",
    "http://169.254.169.254/latest/meta-data/",
    "https://[::1]/x",
];

/// What is no https address, or not the one that it looks like.
const LINKS: [&str; 9] = [
    "",
    "会议号 123 456",
    "/x",
    "//a.cn/x",
    "http://a.cn/x",
    "https:a.cn",
    "https://",
    "https://a.cn@evil.cn/",
    "javascript:alert(1)",
];

const NO_TEXT: [&str; 9] = ["true", "7", "-1", "1.5", "1e308", "[]", r#"["x"]"#, "{}", r#"{"x":1}"#];

/// All wrong values of a field; `null` among them when it may not be null.
pub fn wrong_values(takes: Takes, nullable: bool) -> Vec<String> {
    let mut wrong: Vec<String> = BROKEN.map(str::to_owned).to_vec();
    wrong.push("\"\u{1}\"".to_owned());
    if !nullable {
        wrong.push("null".to_owned());
    }
    wrong.extend(of_other_types(takes).into_iter().map(str::to_owned));
    wrong.extend(of_the_type(takes));
    wrong
}

fn of_other_types(takes: Takes) -> Vec<&'static str> {
    match takes {
        Takes::SomeOf => vec!["true", "7", "1.5", r#""x""#, "{}", "[7]", "[null]", "[[]]", r#"["x"]"#, r#"[["x"]]"#],
        Takes::Ids => vec!["true", "7", "1.5", r#""x""#, "{}"],
        Takes::Lines(_) => vec!["true", "7", "1.5", r#""x""#, "{}", "[7]", "[null]", "[[]]", "[{}]"],
        Takes::Choices => {
            vec![
                "true",
                "7",
                "1.5",
                r#""x""#,
                "{}",
                "[null]",
                "[[]]",
                "[{}]",
                "[true]",
                "[-1]",
                "[1.5]",
                "[4294967296]",
            ]
        }
        Takes::Texts => vec!["true", "7", "1.5", r#""x""#, "{}", "[7]", "[null]", "[[]]", "[{}]", r#"[["x"]]"#],
        Takes::Objects => {
            vec!["true", "7", "1.5", r#""x""#, "{}", "[7]", "[null]", "[[]]", r#"["x"]"#, r#"[["x"]]"#, "[{}]"]
        }
        Takes::Whole(..) => vec!["true", r#""3""#, r#""""#, "1.5", "3.0", "[]", "[3]", "{}"],
        Takes::Number => vec!["true", r#""1""#, r#""NaN""#, "[]", "[1]", "{}"],
        Takes::Bool => vec!["0", "1", r#""true""#, r#""""#, "[]", "[true]", "{}"],
        Takes::Object | Takes::Geometry | Takes::Notice => {
            vec!["true", "7", "1.5", r#""x""#, "[]", "[1,2]", r#"["x","y"]"#]
        }
        _ => NO_TEXT.to_vec(),
    }
}

fn of_the_type(takes: Takes) -> Vec<String> {
    let quoted = |texts: &[&str]| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>();
    let empty = |required: bool| if required { quoted(&["", "  ", r"\n"]) } else { Vec::new() };
    match takes {
        Takes::AnyText | Takes::Number | Takes::Bool | Takes::Object | Takes::Objects | Takes::Texts => Vec::new(),
        Takes::Lines(max) => {
            let long = "长".repeat(max + 1);
            let many = format!("[{}]", (0..1_000).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(","));
            let lines = ["", "  ", r"a\u0007b", &long].map(|line| format!("[\"{line}\",\"乙\",\"丙\"]"));
            lines.into_iter().chain([many, r#"["甲","甲","乙"]"#.to_owned()]).collect()
        }
        Takes::Choices => [r#"["maybe"]"#, r#"[""]"#, "[0,0]", "[7]"].map(str::to_owned).to_vec(),
        Takes::Geometry => GEOMETRIES.map(str::to_owned).to_vec(),
        Takes::Notice => NOTICES.map(str::to_owned).to_vec(),
        Takes::Time => {
            quoted(&["", "x", "now", "2026-11-21", "2026-11-21T06:12:07", "2026-13-01T00:00:00Z", "1795241527000"])
        }
        Takes::Day => quoted(&["", "x", "2027", "2027-13-01", "2027-02-30", "20270101", "2027/01/01", "0001-01-01"]),
        Takes::TimeOfDay => {
            quoted(&["", "x", "8:30", "0830", "08:60", "24:01", "25:00", "08:30:00", "08:30Z", "-8:30"])
        }
        Takes::SomeOf => ["no_such", "", "PROGRESS"].map(|word| format!("[\"{word}\"]")).to_vec(),
        Takes::Endpoint => {
            let long = format!("https://fcm.googleapis.com/{}", "x".repeat(20_000));
            [quoted(&ENDPOINTS), quoted(&[&long])].concat()
        }
        Takes::Link => {
            let long = format!("https://a.cn/{}", "x".repeat(500));
            [quoted(&LINKS), quoted(&[&long, r"https://a.cn/\u0007", r"https://a.cn/\nx"])].concat()
        }
        Takes::Key => {
            let long = "A".repeat(20_000);
            quoted(&["", "x", "AAAA", "!!!!!!!!!!!!!!!!!!!!!!", "汉字", &long])
        }
        Takes::Words { max, required } => {
            let long = ["长".repeat(max + 1), "x".repeat(20_000)];
            let control = [r"a\u0007b", r"\u001b[2J", r"a\u0085b"];
            [empty(required), quoted(&[&long[0], &long[1]]), quoted(&control)].concat()
        }
        Takes::Name => {
            let long = "名".repeat(51);
            [empty(true), quoted(&["12345", r"\u202e李", r"李\u0007", "···", &long])].concat()
        }
        Takes::Phone { required } => {
            let long = "1".repeat(20_000);
            let strange =
                ["110", "12800001234", "199000012", "1990000123456", "+1 2025550123", "李小明", "1９9x", &long];
            [empty(required), quoted(&strange)].concat()
        }
        Takes::OneOf => quoted(&["", "no_such", "SUGGESTION", "leader ", "0", r"\u0007"]),
        Takes::Id => {
            let long = "0".repeat(20_000);
            quoted(&[
                "",
                "x",
                "0",
                STRANGE_ID,
                "01890a5d-ac96-774b-bcce-b302099a805",
                "../../etc",
                "' OR 1=1 --",
                &long,
            ])
        }
        Takes::Ids => {
            let many = format!("[{}]", vec![format!("\"{STRANGE_ID}\""); 1_000].join(","));
            let others = ["[7]", "[null]", "[[]]", "[{}]", r#"["x"]"#, r#"[""]"#];
            let strange = format!("[\"{STRANGE_ID}\"]");
            others.map(str::to_owned).into_iter().chain([strange, many]).collect()
        }
        Takes::Whole(least, most) => {
            let around = [least - 1, most + 1].map(|number| number.to_string());
            let huge = ["99999999999999999999", "-99999999999999999999", "1e3", "1e308"];
            around.into_iter().chain(huge.map(str::to_owned)).collect()
        }
    }
}
