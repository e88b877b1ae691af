//! The four kinds of the manual (S2 §3.4–3.7). Titles and labels are its words; codes are ours.

use super::{Choice, ContentRule, Field, FieldType, TicketKind};

/// The longest address, in characters.
const ADDRESS_LIMIT: usize = 200;

/// 意见建议, 矛盾纠纷, 乡村振兴, 务工就业, in the order of the resident's page.
pub fn built_in() -> Vec<TicketKind> {
    vec![suggestion(), dispute(), revitalization(), employment()]
}

/// Manual S2 §3.7: text, pictures, 同时发给村委会. The only kind whose words may be shown in public.
fn suggestion() -> TicketKind {
    TicketKind {
        code: "suggestion".to_owned(),
        title: "意见建议".to_owned(),
        hint: "路灯、道路、环境、政策疑问".to_owned(),
        private: false,
        content: ContentRule::Required,
        also_village: true,
        on_behalf: false,
        fields: Vec::new(),
    }
}

/// Manual S2 §3.4: text, pictures, voice, 同时发给村委会.
fn dispute() -> TicketKind {
    TicketKind {
        code: "dispute".to_owned(),
        title: "矛盾纠纷".to_owned(),
        hint: "邻里、土地、家庭，帮您调解".to_owned(),
        private: true,
        content: ContentRule::Required,
        also_village: true,
        on_behalf: false,
        fields: Vec::new(),
    }
}

/// Manual S2 §3.5: 返贫风险预警, seven groups of boxes to tick.
///
/// The picture in the manual leaves three places open: 因病返贫致贫 is a closed drop-down list, so its options
/// are those of the national monitoring against a return to poverty (大病, 慢性病, 其他); one glyph in 住房 is
/// unreadable; the second option of 饮水 is half hidden behind the button 提交.
fn revitalization() -> TicketKind {
    let risks = [
        (
            "因病返贫致贫",
            "因病返贫致贫风险预警",
            &[
                ("illness_major", "家庭成员患大病"),
                ("illness_chronic", "家庭成员患长期慢性病"),
                ("illness_other", "其他"),
            ] as &[_],
        ),
        (
            "义务教育保障",
            "义务教育保障风险预警",
            &[("education_dropout", "有义务教育阶段适龄儿童辍学"), ("education_other", "其他")],
        ),
        (
            "因产业失败返贫",
            "因产业失败返贫风险预警",
            &[
                ("industry_disaster", "因自然灾害导致生产经营性收入大幅下降"),
                ("industry_market", "因市场变化导致生产经营性收入大幅下降"),
            ],
        ),
        (
            "因就业不稳返贫",
            "因就业不稳返贫风险预警",
            &[("employment_none", "有劳动能力且有就业意愿暂未务工就业"), ("employment_other", "其他")],
        ),
        ("住房安全保障", "住房安全保障风险预警", &[("housing_dilapidated", "农村危房改造名单和危房户信息")]),
        (
            "因残返贫",
            "因残返贫致贫风险预警",
            &[("disability_severe", "重残"), ("disability_mental", "三、四级精神残疾"), ("disability_other", "其他")],
        ),
        (
            "饮水安全",
            "饮水安全风险预警",
            &[
                ("water_supply", "因供水设施故障引发的饮水保障问题"),
                ("water_disaster", "因自然灾害引发的饮水保障问题"),
                ("water_other", "其他"),
            ],
        ),
    ];
    let fields = risks.into_iter().map(|(group, label, options)| Field {
        name: "risks".to_owned(),
        label: label.to_owned(),
        field_type: FieldType::Choices,
        required: false,
        options: options
            .iter()
            .map(|(value, label)| Choice { value: (*value).to_owned(), label: (*label).to_owned() })
            .collect(),
        group: Some(group.to_owned()),
        max_length: None,
    });
    TicketKind {
        code: "revitalization".to_owned(),
        title: "乡村振兴".to_owned(),
        hint: "看病、上学、住房、饮水困难".to_owned(),
        private: true,
        content: ContentRule::RequiredUnlessForm,
        also_village: false,
        on_behalf: false,
        fields: fields.collect(),
    }
}

/// Manual S2 §3.6: where somebody works, for oneself or for another (代人信息填报), with or without a need.
/// Name and phone are the submitter's profile, or `on_behalf`, and not part of the form. The manual also wants the home
/// address; the page asks for it, and whoever sends for themselves has it in their profile already.
fn employment() -> TicketKind {
    let field = |name: &str, label: &str, field_type, required, max_length| Field {
        name: name.to_owned(),
        label: label.to_owned(),
        field_type,
        required,
        options: Vec::new(),
        group: None,
        max_length,
    };
    TicketKind {
        code: "employment".to_owned(),
        title: "务工就业".to_owned(),
        hint: "外出报备、找工作、要帮助".to_owned(),
        private: true,
        content: ContentRule::Optional,
        also_village: false,
        on_behalf: true,
        fields: vec![
            field("home_address", "家庭住址", FieldType::Text, false, Some(ADDRESS_LIMIT)),
            field("work_place", "务工地址", FieldType::Place, true, Some(ADDRESS_LIMIT)),
            field("lifted_out_of_poverty", "是否为脱贫户", FieldType::Bool, false, None),
            field("need", "服务需求", FieldType::Text, false, Some(super::DEFAULT_TEXT_LIMIT)),
        ],
    }
}
