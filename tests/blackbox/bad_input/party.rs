//! The calls of Party organisations and their members.

use awc::http::Method;
use serde_json::json;

use super::{INT, Stage};
use crate::bad_calls::Call;
use crate::bad_values::Takes::{Day, Id, Name, OneOf, Phone, SomeOf, Words};
use crate::support::text;

impl Stage {
    pub(super) async fn about_party(&self) -> Vec<Call> {
        let tree = self.admin.get("/organisations/tree").await.expect(200).clone();
        let (town, branch) = (text(&tree["children"][0]["id"]), text(&tree["children"][0]["children"][1]["id"]));
        let roster = self.admin.get(&format!("/members?organisation_id={branch}")).await.expect(200).clone();
        let member = text(&roster["items"][7]["id"]);
        let account = self.account(&self.worker).await;
        let login = text(&self.server.account("worker", 0)["account"]);
        let new = json!({ "parent_id": town, "name": "抗洪临时支部", "short_name": "抗洪", "kind": "temporary_branch",
            "ends_on": "2027-07-01", "founded_on": "2019-07-01", "order": 1 });
        let patch = json!({ "parent_id": town, "name": "新名", "short_name": "新", "kind": "temporary_branch",
            "ends_on": "2027-07-01", "founded_on": "2019-07-01", "order": 1, "status": "active" });
        let about = [
            ("parent_id", Id),
            ("name", Words { max: 100, required: true }),
            ("short_name", Words { max: 30, required: false }),
            ("kind", OneOf),
            ("ends_on", Day),
            ("founded_on", Day),
            ("order", INT),
        ];
        let person = json!({ "organisation_id": branch, "account": login, "name": "韦建国", "phone": "19900006499",
            "standing": "full", "positions": ["committee_member"], "joined_on": "2019-07-01",
            "became_full_on": "2020-07-01", "gender": "male", "order": 1 });
        let mut other = person.clone();
        other.as_object_mut().unwrap().remove("account");
        let facts = [
            ("organisation_id", Id),
            ("name", Name),
            ("phone", Phone { required: false }),
            ("standing", OneOf),
            ("positions", SomeOf),
            ("joined_on", Day),
            ("became_full_on", Day),
            ("gender", OneOf),
            ("order", INT),
        ];
        let with = |fields: &[(&'static str, super::Takes)], more| [fields, &[more]].concat();
        let mut calls = vec![
            self.call("NewOrganisationInput", &self.admin, "/organisations".into(), new, 201, &about),
            self.call(
                "OrganisationPatch",
                &self.admin,
                format!("/organisations/{branch}"),
                patch,
                204,
                &with(&about, ("status", OneOf)),
            ),
            self.call(
                "OrganisationRoleInput",
                &self.admin,
                format!("/organisations/{branch}/roles"),
                json!({ "account_id": account, "role": "supervisor" }),
                204,
                &[("account_id", Id), ("role", OneOf)],
            ),
            self.call(
                "NewMemberInput",
                &self.admin,
                "/members".into(),
                person,
                201,
                &with(&facts, ("account", Words { max: 32, required: false })),
            ),
            self.call("MemberPatch", &self.admin, format!("/members/{member}"), other, 204, &facts),
        ];
        calls[1].method = Method::PATCH;
        calls[4].method = Method::PATCH;
        calls
    }
}

#[actix_rt::test]
async fn every_field_of_organisations_and_members_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006406").await;
    let document = stage.document().await;
    for call in stage.about_party().await {
        call.check(&document).await;
    }
}
