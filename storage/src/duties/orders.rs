//! Orders and nudges (指令、催办) in the database.

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{DutyOrder, OrderAnswer, OrderKind, OrderState};
use lianxin_domain::ids::{OrderId, OrganisationId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Duties, person};
use crate::change::Write;
use crate::error::StorageError;
use crate::query::{Conditions, in_place};
use crate::table::{ID, Row, Table, int, text};

static ORDERS: Table = Table {
    name: "duty_orders",
    key: ID,
    versioned: true,
    fixed: &[
        text("kind"),
        text("organisation_id"),
        text("duty_id"),
        text("from_id"),
        text("from_name"),
        text("body"),
        int("due_at"),
        int("created_at"),
        int("answer_workdays"),
    ],
    mutable: &[
        text("state"),
        text("answer"),
        int("answered_at"),
        text("answered_by_id"),
        text("answered_by_name"),
        int("closed_at"),
        text("told"),
        int("escalates_at"),
    ],
};

/// Whose orders.
#[derive(Debug, Clone, Default)]
pub enum OrderBox {
    /// All in scope.
    #[default]
    All,
    /// Those to these organisations; with those below where it says so.
    Received(Vec<(TreePath, bool)>),
    /// Those that the caller gave.
    Sent,
}

/// Which orders a list shows, beside the caller's scope.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Whose.
    pub whose: OrderBox,
    /// That stand so.
    pub state: Option<OrderState>,
    /// That hang on this warning.
    pub duty_id: Option<String>,
}

impl Duties {
    /// The write of a change from `before` (nothing: a new order) to `after`.
    pub fn write_order(before: Option<&DutyOrder>, after: &DutyOrder) -> Write {
        match before {
            None => Write::Insert(&ORDERS, row_of(after)),
            Some(before) => Write::Update {
                table: &ORDERS,
                key: after.id.to_string(),
                expected: before.version,
                next: after.version,
                values: mutable(after),
            },
        }
    }

    /// The order, if it is in scope or the caller gave it.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn order(&self, scope: &Scope, id: OrderId) -> Result<Option<DutyOrder>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and("d.id = ?", [id.to_string().into()]).and_duty_in(scope, true);
        let sql = format!("{}{}", selected(), conditions.to_where());
        let row = conditions.query(sql).fetch_optional(self.database.readers()).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// How many orders and nudges hang on a warning that the caller may see, and when the last was given.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn asked(&self, duty_id: &str) -> Result<(u32, Option<Timestamp>), StorageError> {
        let row = sqlx::query("SELECT COUNT(*), MAX(created_at) FROM duty_orders WHERE duty_id = $1")
            .bind(duty_id.to_owned())
            .fetch_one(self.database.readers())
            .await?;
        let number = u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX);
        Ok((number, row.try_get::<Option<i64>, _>(1)?.map(Timestamp::from_millis)))
    }

    /// Up to `limit` orders in scope or given by the caller, the newest first, after the one that was given at `before`.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn orders(
        &self,
        scope: &Scope,
        filter: &OrderFilter,
        before: Option<(Timestamp, OrderId)>,
        limit: u32,
    ) -> Result<Vec<DutyOrder>, StorageError> {
        let mut conditions = Conditions::default();
        conditions.and_duty_in(scope, true);
        match &filter.whose {
            OrderBox::All => {}
            OrderBox::Sent => {
                conditions.and("d.from_id = ?", [scope.account_id().to_string().into()]);
            }
            OrderBox::Received(places) => {
                conditions.and_any(places.iter().map(in_place).collect());
            }
        }
        if let Some(state) = filter.state {
            conditions.and("d.state = ?", [state.as_str().into()]);
        }
        if let Some(duty_id) = &filter.duty_id {
            conditions.and("d.duty_id = ?", [duty_id.as_str().into()]);
        }
        if let Some((created_at, id)) = before {
            conditions.and_before(("d.created_at", "d.id"), (created_at, id.to_string()));
        }
        let sql =
            format!("{}{} ORDER BY d.created_at DESC, d.id DESC LIMIT {limit}", selected(), conditions.to_where());
        let rows = conditions.query(sql).fetch_all(self.database.readers()).await?;
        rows.iter().map(read).collect()
    }
}

fn selected() -> String {
    let columns: Vec<String> = ORDERS.columns().map(|column| format!("d.{0} AS {0}", column.name)).collect();
    format!("SELECT {} FROM duty_orders d LEFT JOIN organisations o ON o.id = d.organisation_id", columns.join(", "))
}

fn row_of(order: &DutyOrder) -> Row {
    let head = vec![
        order.id.to_string().into(),
        order.version.into(),
        order.kind.as_str().into(),
        order.organisation_id.to_string().into(),
        order.duty_id.clone().into(),
        order.from.id.to_string().into(),
        order.from.name.as_str().into(),
        order.text.as_str().into(),
        order.due_at.into(),
        order.created_at.into(),
        order.answer_workdays.into(),
    ];
    head.into_iter().chain(mutable(order)).collect()
}

fn mutable(order: &DutyOrder) -> Row {
    let answer = order.answer.as_ref();
    let told: Vec<String> = order.told.iter().map(ToString::to_string).collect();
    vec![
        order.state.as_str().into(),
        answer.map(|answer| answer.text.clone()).into(),
        answer.map(|answer| answer.at).into(),
        answer.map(|answer| answer.by.id.to_string()).into(),
        answer.map(|answer| answer.by.name.clone()).into(),
        order.closed_at.into(),
        told.join(",").into(),
        order.escalates_at.into(),
    ]
}

fn read(row: &AnyRow) -> Result<DutyOrder, StorageError> {
    let id: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("duty_orders", column, &id);
    let words = |column| -> Result<String, StorageError> { Ok(row.try_get(column)?) };
    let number = |column| -> Result<u32, StorageError> {
        u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
    };
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let told = words("told")?;
    let told: Result<Vec<OrganisationId>, _> = told.split(',').filter(|id| !id.is_empty()).map(str::parse).collect();
    let answer: Option<String> = row.try_get("answer")?;
    let answered = answer.zip(time("answered_at")?).zip(person(row, "answered")?);
    Ok(DutyOrder {
        id: id.parse().map_err(|_| corrupt("id"))?,
        version: number("version")?,
        kind: OrderKind::parse(&words("kind")?).ok_or_else(|| corrupt("kind"))?,
        organisation_id: words("organisation_id")?.parse().map_err(|_| corrupt("organisation_id"))?,
        duty_id: row.try_get("duty_id")?,
        from: PersonRef { id: words("from_id")?.parse().map_err(|_| corrupt("from_id"))?, name: words("from_name")? },
        text: words("body")?,
        due_at: time("due_at")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        answer_workdays: number("answer_workdays")?,
        state: OrderState::parse(&words("state")?).ok_or_else(|| corrupt("state"))?,
        answer: answered.map(|((text, at), by)| OrderAnswer { at, by, text }),
        closed_at: time("closed_at")?,
        told: told.map_err(|_| corrupt("told"))?,
        escalates_at: time("escalates_at")?,
    })
}
