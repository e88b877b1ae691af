//! What the demonstration's county and a village offer their residents, and what their grid workers wrote into their diaries.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::person::PersonRef;
use lianxin_domain::policy::{Policy, PolicyText};
use lianxin_domain::service_link::{LinkTarget, ServiceLink};
use lianxin_domain::service_record::{ServiceFacts, ServiceKind, ServiceRecord};
use lianxin_storage::change::Change;
use lianxin_storage::policies::Policies;
use lianxin_storage::service_links::ServiceLinks;

use super::DAY_MS;
use super::cast::{Cast, Person};
use crate::core::{Core, StartError};

/// Who publishes, how many days ago, title and text.
const POLICIES: [(&str, i64, &str, &str); 4] = [
    (
        "leader_l1",
        2,
        "2027 年度城乡居民医疗保险开始缴费",
        "缴费时间：即日起至 12 月 31 日。\n缴费标准：每人每年 400 元，特困人员和低保对象由财政补助。\n办理办法：可在手机上缴费，也可以请网格员上门帮忙代办。",
    ),
    (
        "leader_l1",
        6,
        "务工人员交通补贴可以申请了",
        "外出务工满三个月的脱贫户，每人可申请一次性交通补贴。\n请准备身份证、务工证明和车票，交给本组网格员，或扫码提交。",
    ),
    ("leader_l3", 4, "冬季森林防火通告", "林区三百米内禁止一切野外用火。\n发现火情请立即拨打 119，并告诉网格长。"),
    ("leader_l3", 9, "自来水管网检修安排（草稿）", "检修时间待定。"),
];

/// Title, address and description.
const LINKS: [(&str, &str, &str); 3] = [
    ("党员远程教育", "https://study.example.cn/", "课程、讲座和红色影片"),
    ("网上展馆", "https://museum.example.cn/", "足不出户看展览"),
    ("法律援助", "https://law.example.cn/", "在线咨询，免费"),
];

/// Kind, days ago, what was done, for whom and where.
type Told = (ServiceKind, i64, &'static str, Option<&'static str>, Option<&'static str>);

const RECORDS: [Told; 5] = [
    (ServiceKind::Visit, 1, "上门看望独居老人，量了血压，检查了用电和煤气。", Some("覃桂花"), Some("村道口")),
    (ServiceKind::Help, 2, "帮忙在手机上缴了医疗保险，教会了怎样查缴费记录。", Some("罗永福"), None),
    (ServiceKind::Mediation, 3, "两户人家为排水沟起争执，现场看了界石，双方同意各让半尺。", None, Some("晒谷场")),
    (ServiceKind::Inspection, 4, "巡查河道和水库，清理了一处堵塞的涵洞。", None, Some("柳河桥")),
    (ServiceKind::Publicity, 6, "在村口宣讲森林防火要求，发放通告三十份。", None, Some("村口")),
];

/// Publishes and writes everything.
///
/// # Errors
/// [`StartError`] when the storage fails.
pub async fn offer(core: &Core, cast: &Cast, now: Timestamp) -> Result<(), StartError> {
    let shown = cast.shown();
    let of_role = |role: &str| shown.iter().copied().find(|person| person.role == role);
    let mut change = Change::new(now, None, None);
    for (role, days, title, body) in POLICIES {
        let Some(by) = of_role(role) else { continue };
        let at = now.plus_millis(-days * DAY_MS);
        let policy = Policy {
            id: core.ids.next(),
            version: 1,
            grid_id: by.grid_id,
            grid_path: by.grid_path.clone(),
            text: PolicyText { title: title.to_owned(), body: body.to_owned(), published_at: at },
            enabled: !title.ends_with("（草稿）"),
            updated_at: at,
        };
        change.write(Policies::write(&policy));
    }
    if let Some(by) = of_role("leader_l1") {
        for (order, (title, address, description)) in (1..).zip(LINKS) {
            let target = LinkTarget {
                title: title.to_owned(),
                address: address.to_owned(),
                description: description.to_owned(),
                sort_order: order,
            };
            let link = ServiceLink {
                id: core.ids.next(),
                version: 1,
                grid_id: by.grid_id,
                grid_path: by.grid_path.clone(),
                target,
                enabled: true,
                updated_at: now,
            };
            change.write(ServiceLinks::write(&link));
        }
    }
    for (number, worker) in shown.iter().copied().filter(|person| person.role == "worker").enumerate() {
        for facts in RECORDS.iter().skip(number % 3) {
            change.write(core.service_records.write(&record(core, worker, facts, now)));
        }
    }
    core.journal.commit(change).await?;
    Ok(())
}

fn record(core: &Core, worker: &Person, (kind, days, text, whom, place): &Told, now: Timestamp) -> ServiceRecord {
    let at = now.plus_millis(-days * DAY_MS);
    ServiceRecord {
        id: core.ids.next(),
        version: 1,
        client_id: core.ids.next(),
        author: PersonRef { id: worker.account_id, name: worker.name.clone() },
        grid_id: worker.grid_id,
        grid_path: worker.grid_path.clone(),
        facts: ServiceFacts {
            kind: *kind,
            happened_at: at,
            text: (*text).to_owned(),
            whom: whom.map(str::to_owned),
            place: place.map(str::to_owned),
            photos: Vec::new(),
        },
        created_at: at,
        updated_at: at,
    }
}
