use serde_json::{Value, json};

use super::*;

fn kind(code: &str) -> TicketKind {
    KindSet::default().get(code).cloned().unwrap()
}

/// The normalised form, or "field code" of each error.
fn outcome(code: &str, form: &Value) -> Result<Value, Vec<String>> {
    validate_form(&kind(code), form)
        .map(NormalizedForm::into_value)
        .map_err(|errors| errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect())
}

#[test]
fn the_four_kinds_are_those_of_the_manual() -> Result<(), KindError> {
    let set = KindSet::default();
    KindSet::try_from(built_in())?;
    let facts: Vec<_> = set
        .iter()
        .map(|kind| (kind.code.as_str(), kind.title.as_str(), kind.private, kind.also_village, kind.on_behalf))
        .collect();
    assert_eq!(
        facts,
        [
            ("suggestion", "意见建议", false, true, false),
            ("dispute", "矛盾纠纷", true, true, false),
            ("revitalization", "乡村振兴", true, false, false),
            ("employment", "务工就业", true, false, true),
        ]
    );
    let groups: Vec<_> = kind("revitalization").fields.into_iter().filter_map(|field| field.group).collect();
    assert_eq!(
        groups,
        ["因病返贫致贫", "义务教育保障", "因产业失败返贫", "因就业不稳返贫", "住房安全保障", "因残返贫", "饮水安全"]
    );
    Ok(())
}

#[test]
fn good_forms_come_out_in_one_shape() {
    for (code, form, expected) in [
        ("dispute", json!({}), json!({})),
        ("suggestion", Value::Null, json!({})),
        ("revitalization", json!({}), json!({})),
        ("revitalization", json!({ "risks": [] }), json!({})),
        ("revitalization", json!({ "risks": null }), json!({})),
        (
            "revitalization",
            json!({ "risks": ["water_other", "illness_major", "education_dropout"] }),
            json!({ "risks": ["illness_major", "education_dropout", "water_other"] }),
        ),
        (
            "employment",
            json!({ "work_place": " 广东省东莞市 ", "home_address": "  ", "lifted_out_of_poverty": false, "need": null }),
            json!({ "work_place": "广东省东莞市", "lifted_out_of_poverty": false }),
        ),
        ("employment", json!({ "work_place": "东".repeat(200) }), json!({ "work_place": "东".repeat(200) })),
    ] {
        assert_eq!(outcome(code, &form), Ok(expected), "{code} {form}");
    }
}

#[test]
fn every_wrong_field_is_named() {
    let cases: [(&str, Value, &[&str]); 15] = [
        ("dispute", json!([]), &["form field.type"]),
        ("dispute", json!("text"), &["form field.type"]),
        ("dispute", json!({ "risks": [] }), &["form.risks field.unknown"]),
        ("employment", json!({}), &["form.work_place field.required"]),
        ("employment", json!({ "work_place": " \n " }), &["form.work_place field.required"]),
        ("employment", json!({ "work_place": 7 }), &["form.work_place field.type"]),
        ("employment", json!({ "work_place": "东".repeat(201) }), &["form.work_place field.too_long"]),
        ("employment", json!({ "work_place": "东\u{0}莞" }), &["form.work_place field.characters"]),
        (
            "employment",
            json!({ "lifted_out_of_poverty": "是", "need": "x".repeat(501), "wage": 3 }),
            &[
                "form.work_place field.required",
                "form.lifted_out_of_poverty field.type",
                "form.need field.too_long",
                "form.wage field.unknown",
            ],
        ),
        ("revitalization", json!({ "risks": "illness_major" }), &["form.risks field.type"]),
        ("revitalization", json!({ "risks": ["illness_major", 3] }), &["form.risks field.type"]),
        ("revitalization", json!({ "risks": ["illness_major", "flood"] }), &["form.risks field.option"]),
        ("revitalization", json!({ "risks": ["flood", "flood"] }), &["form.risks field.option"]),
        ("revitalization", json!({ "risks": ["water_other", "water_other"] }), &["form.risks field.duplicate"]),
        (
            "revitalization",
            json!({ "risks": ["因病"], "因病": true }),
            &["form.risks field.option", "form.因病 field.unknown"],
        ),
    ];
    for (code, form, expected) in cases {
        assert_eq!(
            outcome(code, &form),
            Err(expected.iter().map(|line| (*line).to_owned()).collect()),
            "{code} {form}"
        );
    }
}

#[test]
fn messages_name_the_field_and_stay_short() {
    let errors = validate_form(&kind("employment"), &json!({ "need": "x".repeat(501), "y".repeat(9_000): 1 }));
    let messages: Vec<String> = errors.err().into_iter().flatten().map(|error| error.message).collect();
    let unknown = format!("没有“{}”这一项", "y".repeat(20));
    assert_eq!(messages, ["请填写务工地址", "服务需求：最多 500 个字", unknown.as_str()]);
}

#[test]
fn a_request_must_say_something() {
    let cases = [
        ("suggestion", json!({}), false, false, false),
        ("suggestion", json!({}), true, false, true),
        ("dispute", json!({}), false, true, true),
        ("revitalization", json!({}), false, false, false),
        ("revitalization", json!({}), true, false, true),
        ("revitalization", json!({ "risks": ["water_supply"] }), false, false, true),
        ("employment", json!({ "work_place": "东莞" }), false, false, true),
    ];
    for (code, form, content, attachment, expected) in cases {
        let kind = kind(code);
        let enough = validate_form(&kind, &form).map(|form| kind.says_enough(&form, content, attachment));
        assert_eq!(enough, Ok(expected), "{code} {form}");
    }
}

#[test]
fn kinds_are_written_as_the_contract_says() -> Result<(), serde_json::Error> {
    let json = serde_json::to_value(KindSet::default())?;
    assert_eq!(json[1]["kind"], "dispute");
    assert_eq!(
        json[2]["fields"][4],
        json!({
            "name": "risks", "label": "住房安全保障风险预警", "type": "choices", "required": false,
            "group": "住房安全保障",
            "options": [{ "value": "housing_dilapidated", "label": "农村危房改造名单和危房户信息" }],
        })
    );
    assert_eq!(
        json[3]["fields"][1],
        json!({ "name": "work_place", "label": "务工地址", "type": "place", "required": true, "max_length": 200 })
    );
    assert_eq!(serde_json::from_value::<KindSet>(json)?, KindSet::default());
    Ok(())
}

#[test]
fn a_tenant_adds_kinds_of_its_own() -> Result<(), Box<dyn std::error::Error>> {
    let own: TicketKind = serde_json::from_value(json!({
        "kind": "pension", "title": "养老服务", "private": true, "fields": [
            { "name": "meals", "label": "早餐", "type": "choices", "required": true, "group": "上午",
              "options": [{ "value": "porridge", "label": "粥" }] },
            { "name": "meals", "label": "晚餐", "type": "choices", "group": "下午",
              "options": [{ "value": "noodles", "label": "面" }] },
            { "name": "alone", "label": "是否独居", "type": "bool", "required": true },
        ],
    }))?;
    let set = KindSet::with(vec![own])?;
    let pension = set.get("pension").ok_or("no pension")?;
    let named = |form: &Value| -> Vec<String> {
        let errors = validate_form(pension, form).err();
        errors.into_iter().flatten().map(|error| format!("{} {}", error.code, error.message)).collect()
    };
    assert_eq!(named(&json!({})), ["field.required 请选择早餐", "field.required 请选择是否独居"]);
    assert_eq!(named(&json!({ "meals": ["noodles"], "alone": false })), ["field.required 请选择早餐"]);
    assert!(named(&json!({ "meals": ["porridge"], "alone": false })).is_empty());
    Ok(())
}

#[test]
fn unusable_definitions_are_refused() -> Result<(), serde_json::Error> {
    let text = |name: &str| json!({ "name": name, "label": "内容", "type": "text" });
    let option = json!({ "value": "a", "label": "甲" });
    let choices = |options: Value| json!({ "name": "x", "label": "选项", "type": "choices", "options": options });
    for (code, fields, expected) in [
        ("dispute", json!([]), KindError::DuplicateKind("dispute".to_owned())),
        ("Own", json!([]), KindError::BadCode("Own".to_owned())),
        ("", json!([]), KindError::BadCode(String::new())),
        ("own", json!([text("a b")]), KindError::BadCode("a b".to_owned())),
        ("own", json!([text("a"), text("a")]), KindError::DuplicateField("a".to_owned())),
        ("own", json!([text("x"), choices(json!([option]))]), KindError::DuplicateField("x".to_owned())),
        ("own", json!([choices(json!([]))]), KindError::Mismatch("x".to_owned())),
        (
            "own",
            json!([choices(json!([option])), choices(json!([option]))]),
            KindError::DuplicateOption { field: "x".to_owned(), value: "a".to_owned() },
        ),
        ("own", json!([choices(json!([{ "value": "a", "label": " " }]))]), KindError::NoTitle("a".to_owned())),
        ("own", json!(vec![text("a"); 51]), KindError::TooMany("own".to_owned())),
    ] {
        let own = json!({ "kind": code, "title": "自定义", "private": false, "fields": fields });
        assert_eq!(KindSet::with(vec![serde_json::from_value(own)?]), Err(expected));
    }
    Ok(())
}
