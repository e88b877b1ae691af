//! Whom each row means: somebody with an account, or somebody whose account the sheet makes.

use std::collections::HashMap;

use super::{KnownPerson, NewPerson, Person, StaffImport, StaffRow};
use crate::access::Duty;
use crate::login::check_login;
use crate::person_name::PersonName;
use crate::phone::Phone;
use crate::problem::FieldError;

/// What a row says of its person, as far as it can be read.
pub(super) struct Said {
    name: Option<PersonName>,
    pub(super) phone: Option<Phone>,
    /// As an export hides it: `138****1234`.
    masked: Option<String>,
    pub(super) login: Option<String>,
    pub(super) duty: Option<Duty>,
}

/// The place of a person among those who are known, or among those who are new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Known(usize),
    New(usize),
}

impl Said {
    pub(super) fn of(row: &StaffRow, wrong: &mut dyn FnMut(FieldError)) -> Self {
        if row.grid.trim().is_empty() {
            wrong(FieldError::new("grid", "field.required", "请填写网格编号"));
        }
        let name = PersonName::parse(&row.name)
            .map_err(|error| wrong(FieldError::new("name", error.code(), error.message())))
            .ok();
        let phone_text = row.phone.trim();
        let masked = phone_text.contains('*').then(|| phone_text.to_owned());
        let phone = (masked.is_none() && !phone_text.is_empty())
            .then(|| {
                let parsed = Phone::parse(phone_text);
                parsed.map_err(|error| wrong(FieldError::new("phone", "field.phone", error.message()))).ok()
            })
            .flatten();
        let account = row.account.trim();
        let login = (!account.is_empty()).then(|| check_login(account).map_err(&mut *wrong).ok()).flatten();
        if account.is_empty() && phone_text.is_empty() {
            wrong(FieldError::new("phone", "staff.account_needed", "请填写手机号码或账号"));
        }
        if account.is_empty() && masked.is_some() {
            wrong(hidden());
        }
        let duty = Duty::of_title(row.duty.trim());
        if duty.is_none() {
            let empty = row.duty.trim().is_empty();
            let (code, words) = if empty {
                ("field.required", "请填写职责")
            } else {
                ("field.option", "只能是网格长、副网格长或网格员")
            };
            wrong(FieldError::new("duty", code, words));
        }
        Self { name, phone, masked, login, duty }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.as_ref().is_none_or(|own| own.as_str() == name)
    }

    fn has_phone(&self, known: Option<&Phone>) -> bool {
        let hidden = |masked: &String| known.is_some_and(|known| known.masked() == *masked);
        self.phone.as_ref().is_none_or(|phone| Some(phone) == known) && self.masked.as_ref().is_none_or(hidden)
    }
}

/// All whom the sheet may mean.
pub(super) struct People<'a> {
    import: &'a StaffImport<'a>,
    by_login: HashMap<&'a str, usize>,
    by_phone: HashMap<&'a Phone, Vec<usize>>,
    new: Vec<Made>,
    new_by_login: HashMap<String, usize>,
    new_by_phone: HashMap<Phone, Vec<usize>>,
}

/// Somebody whose account is made.
struct Made {
    row: u32,
    /// Nothing when the row's name cannot be read, which is said there.
    name: Option<PersonName>,
    login: String,
    phone: Option<Phone>,
}

impl<'a> People<'a> {
    pub(super) fn new(import: &'a StaffImport<'a>) -> Self {
        let mut by_login = HashMap::new();
        let mut by_phone: HashMap<&Phone, Vec<usize>> = HashMap::new();
        for (place, person) in import.people.iter().enumerate() {
            by_login.extend(person.login.as_deref().map(|login| (login, place)));
            if let Some(phone) = &person.phone {
                by_phone.entry(phone).or_default().push(place);
            }
        }
        let (new, new_by_login, new_by_phone) = (Vec::new(), HashMap::new(), HashMap::new());
        Self { import, by_login, by_phone, new, new_by_login, new_by_phone }
    }

    /// Whoever signs in so, or will.
    pub(super) fn by_login(&mut self, row: u32, login: &str, said: &Said) -> Result<Who, FieldError> {
        if let Some(place) = self.by_login.get(login) {
            return self.known(*place, said);
        }
        if let Some(place) = self.new_by_login.get(login) {
            return self.same_as_before(*place, said);
        }
        if self.import.other_logins.contains(login) {
            return Err(FieldError::new("account", "account.login_taken", "这个账号已被使用"));
        }
        if !self.import.may_create {
            let words = "没有找到这个账号；新建账号由全县的管理员导入";
            return Err(FieldError::new("account", "account.not_permitted", words));
        }
        if said.masked.is_some() {
            return Err(hidden());
        }
        let namesake = |phone: &Phone| {
            let known = self.by_phone.get(phone).into_iter().flatten();
            known.filter_map(|place| self.import.people.get(*place)).any(|person| said.is_called(&person.name))
        };
        if said.phone.as_ref().is_some_and(namesake) {
            let words = "这个人已有别的账号，请填写原来的账号，或把账号留空";
            return Err(FieldError::new("account", "account.exists", words));
        }
        let place = self.new.len();
        self.new.push(Made { row, name: said.name.clone(), login: login.to_owned(), phone: said.phone.clone() });
        self.new_by_login.insert(login.to_owned(), place);
        if let Some(phone) = &said.phone {
            self.new_by_phone.entry(phone.clone()).or_default().push(place);
        }
        Ok(Who::New(place))
    }

    /// Whoever has this phone, or will.
    pub(super) fn by_phone(&self, phone: &Phone, said: &Said) -> Result<Who, FieldError> {
        let several = || {
            let words = "有几个人用这个手机号码，请填写账号";
            Err(FieldError::new("phone", "staff.phone_shared", words))
        };
        let known = self.by_phone.get(phone).map(Vec::as_slice).unwrap_or_default();
        let called = |place: &usize| self.import.people.get(*place).is_some_and(|person| said.is_called(&person.name));
        match known {
            [] => {}
            [only] => return self.known(*only, said),
            more => {
                let mut named = more.iter().filter(|place| called(place));
                return match (named.next(), named.next()) {
                    (Some(only), None) => self.known(*only, said),
                    _ => several(),
                };
            }
        }
        let new = self.new_by_phone.get(phone).map(Vec::as_slice).unwrap_or_default();
        match new {
            [] => {
                let words = if self.import.may_create {
                    "还没有用这个手机号码的人员；新人员请填写账号"
                } else {
                    "没有找到用这个手机号码的人员；新建账号由全县的管理员导入"
                };
                Err(FieldError::new("account", "staff.unknown", words))
            }
            [only] => self.same_as_before(*only, said),
            _ => several(),
        }
    }

    pub(super) fn person(&self, who: Who) -> Option<Person> {
        match who {
            Who::Known(place) => self.import.people.get(place).map(|person| Person::Known(person.id)),
            Who::New(place) => Some(Person::New(place)),
        }
    }

    /// Those whose accounts are made.
    pub(super) fn into_new(self) -> Vec<NewPerson> {
        let new = self.new.into_iter();
        new.filter_map(|made| Some(NewPerson { name: made.name?, login: made.login, phone: made.phone })).collect()
    }

    fn known(&self, place: usize, said: &Said) -> Result<Who, FieldError> {
        let Some(KnownPerson { name, phone, active, .. }) = self.import.people.get(place) else {
            return Err(FieldError::new("account", "account.not_found", "没有找到这个账号"));
        };
        if !active {
            return Err(FieldError::new("account", "account.disabled", "这个账号已停用"));
        }
        if !said.is_called(name) {
            return Err(FieldError::new("name", "staff.name_differs", "与这个账号登记的姓名不一致，请核对"));
        }
        if !said.has_phone(phone.as_ref()) {
            let words = "与这个账号登记的手机号码不一致；导入不改号码，请核对或留空";
            return Err(FieldError::new("phone", "staff.phone_differs", words));
        }
        Ok(Who::Known(place))
    }

    fn same_as_before(&self, place: usize, said: &Said) -> Result<Who, FieldError> {
        let Some(made) = self.new.get(place) else { return Ok(Who::New(place)) };
        if made.name.as_ref().is_some_and(|name| !said.is_called(name.as_str())) {
            let words = format!("与第 {} 行是同一个账号，姓名却不同", made.row);
            return Err(FieldError::new("name", "staff.name_differs", words));
        }
        if !said.has_phone(made.phone.as_ref()) {
            let words = format!("与第 {} 行是同一个账号，手机号码却不同；可以留空", made.row);
            return Err(FieldError::new("phone", "staff.phone_differs", words));
        }
        Ok(Who::New(place))
    }
}

fn hidden() -> FieldError {
    FieldError::new("phone", "field.phone", "导出时隐去的号码不能用来新建或查找人员，请填写完整的号码")
}
