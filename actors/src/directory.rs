//! The directory: all grids, who serves them and what they are called, and all organisations, in memory, because every
//! request needs it.
//!
//! A [`Directory`] is one moment's picture; [`Directories`] swaps in a new one when the log says that grids, staff,
//! organisations or names changed, and draws only the part that did. Nobody else keeps copies.

mod organisations;

use std::collections::HashMap;
use std::sync::Arc;

use lianxin_domain::access::Duty;
use lianxin_domain::geo::{Locator, Point};
use lianxin_domain::grid::{Grid, Ladder, LadderStep};
use lianxin_domain::grid_code::GridCode;
use lianxin_domain::ids::{AccountId, GridId, OrganisationId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::phone::Phone;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::error::StorageError;
use lianxin_storage::grids::Grids;
use lianxin_storage::members::Members;
use lianxin_storage::organisations::Organisations;
use parking_lot::RwLock;
use tokio::sync::Mutex;

pub use self::organisations::{OrganisationEntry, OrganisationTree};

/// Somebody who serves a grid.
#[derive(Debug, Clone)]
pub struct StaffMember {
    /// The account.
    pub account_id: AccountId,
    /// The person's name.
    pub name: String,
    /// What the person does there.
    pub duty: Duty,
    /// The person's mobile number.
    pub phone: Option<Phone>,
}

impl StaffMember {
    fn person(&self) -> PersonRef {
        PersonRef { id: self.account_id, name: self.name.clone() }
    }
}

/// A grid with what surrounds it.
#[derive(Debug, Clone)]
pub struct GridEntry {
    /// The grid.
    pub grid: Grid,
    /// Its name with those above it, from the township down (`云溪镇 柳河村 三组`); the root's own name.
    pub full_name: String,
    /// The grid above.
    pub parent_id: Option<GridId>,
    /// The grids directly below, in their order.
    pub children: Vec<GridId>,
    /// Who serves it, leaders first.
    pub staff: Vec<StaffMember>,
    /// The same people as they stand beside tickets.
    pub people: Vec<PersonRef>,
    /// Those above, nearest first.
    pub ladder: Arc<Ladder>,
    /// Households that it and the grids below it serve.
    pub households: u64,
    /// The living QR code.
    pub code: GridCode,
}

impl GridEntry {
    /// Who leads it.
    pub fn leaders(&self) -> Vec<PersonRef> {
        self.staff.iter().filter(|member| member.duty.leads()).map(StaffMember::person).collect()
    }
}

/// What a scanned code turned out to be.
#[derive(Debug, Clone)]
pub enum Scanned {
    /// A living code.
    Grid(Arc<GridEntry>),
    /// A code of ours that was replaced.
    Rotated,
    /// Not a code of ours.
    Unknown,
}

/// One moment's picture of all grids and organisations.
#[derive(Debug, Default)]
pub struct Directory {
    parts: Arc<GridPart>,
    organisations: Arc<OrganisationTree>,
}

/// The grids of the picture.
#[derive(Debug, Default)]
struct GridPart {
    grids: HashMap<GridId, Arc<GridEntry>>,
    by_path: HashMap<TreePath, GridId>,
    by_serial: HashMap<u32, GridId>,
    roots: Vec<GridId>,
    names: HashMap<AccountId, String>,
    locator: Locator<GridId>,
}

impl Directory {
    /// By id.
    pub fn get(&self, id: GridId) -> Option<&Arc<GridEntry>> {
        self.parts.grids.get(&id)
    }

    /// By place.
    pub fn at(&self, path: &TreePath) -> Option<&Arc<GridEntry>> {
        self.parts.by_path.get(path).and_then(|id| self.get(*id))
    }

    /// All grids, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<GridEntry>> {
        self.parts.grids.values()
    }

    /// The roots: one per tenant.
    pub fn roots(&self) -> &[GridId] {
        &self.parts.roots
    }

    /// The deepest grid whose area holds the point.
    pub fn locate(&self, point: Point) -> Option<&Arc<GridEntry>> {
        self.parts.locator.locate(point).and_then(|id| self.get(id))
    }

    /// An organisation's name.
    pub fn organisation(&self, id: OrganisationId) -> Option<&str> {
        self.organisations.get(id).map(|entry| entry.organisation.name.as_str())
    }

    /// All organisations.
    pub fn organisations(&self) -> &OrganisationTree {
        &self.organisations
    }

    /// The name of a member of staff.
    pub fn staff_name(&self, id: AccountId) -> Option<&str> {
        self.parts.names.get(&id).map(String::as_str)
    }

    /// How many grids lie in the subtree, and how many people serve them.
    pub fn size_of(&self, path: &TreePath) -> (usize, usize) {
        let inside = self.parts.grids.values().filter(|entry| path.contains(&entry.grid.path));
        let mut people = std::collections::HashSet::new();
        let grids = inside.inspect(|entry| people.extend(entry.staff.iter().map(|member| member.account_id))).count();
        (grids, people.len())
    }
}

/// What the picture is drawn from.
#[derive(Clone)]
pub struct DirectorySources {
    /// Grids and their staff.
    pub grids: Grids,
    /// The staff's names.
    pub accounts: Accounts,
    /// Organisations.
    pub organisations: Organisations,
    /// Who leads them.
    pub members: Members,
}

/// Gives out the present [`Directory`].
#[derive(Clone)]
pub struct Directories {
    current: Arc<RwLock<Arc<Directory>>>,
    sources: DirectorySources,
    code_key: [u8; 32],
    /// One drawing at a time: the last to begin is the last to end, so an older picture never replaces a newer one.
    drawing: Arc<Mutex<()>>,
}

impl Directories {
    /// Loads the first picture.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails.
    pub async fn load(sources: DirectorySources, code_key: [u8; 32]) -> Result<Self, StorageError> {
        let directories = Self { current: Arc::default(), sources, code_key, drawing: Arc::default() };
        directories.reload().await?;
        Ok(directories)
    }

    /// The present picture.
    pub fn current(&self) -> Arc<Directory> {
        Arc::clone(&self.current.read())
    }

    /// What a scanned or typed code means.
    pub fn scan(&self, text: &str) -> Scanned {
        let Ok((serial, generation)) = GridCode::verify(&self.code_key, text) else { return Scanned::Unknown };
        let directory = self.current();
        let Some(entry) = directory.parts.by_serial.get(&serial).and_then(|id| directory.get(*id)) else {
            return Scanned::Unknown;
        };
        if entry.grid.code_generation == generation { Scanned::Grid(Arc::clone(entry)) } else { Scanned::Rotated }
    }

    /// The code that a grid has in its `generation`th generation.
    pub fn code(&self, serial: u32, generation: u16) -> GridCode {
        GridCode::issue(&self.code_key, serial, generation)
    }

    /// Draws a new picture from the database.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails; what was not drawn stays as it was.
    pub async fn reload(&self) -> Result<(), StorageError> {
        self.reload_organisations().await?;
        self.reload_grids().await
    }

    /// Draws the organisations anew.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails; the old picture stays.
    pub async fn reload_organisations(&self) -> Result<(), StorageError> {
        let _drawing = self.drawing.lock().await;
        let leaders = self.sources.members.leaders().await?;
        let organisations = Arc::new(OrganisationTree::of(self.sources.organisations.all().await?, leaders));
        let mut current = self.current.write();
        *current = Arc::new(Directory { organisations, parts: Arc::clone(&current.parts) });
        Ok(())
    }

    /// Draws the grids and their staff anew.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails; the old picture stays.
    pub async fn reload_grids(&self) -> Result<(), StorageError> {
        let _drawing = self.drawing.lock().await;
        let accounts: HashMap<_, _> =
            self.sources.accounts.staff().await?.into_iter().map(|account| (account.id, account)).collect();
        let mut staff: HashMap<GridId, Vec<StaffMember>> = HashMap::new();
        for duty in self.sources.grids.staff().await? {
            let Some(account) = accounts.get(&duty.account_id) else { continue };
            staff.entry(duty.grid_id).or_default().push(StaffMember {
                account_id: account.id,
                name: account.name.clone(),
                duty: duty.duty,
                phone: account.phone.as_deref().and_then(|phone| Phone::parse(phone).ok()),
            });
        }
        let names = accounts.into_values().map(|account| (account.id, account.name)).collect();
        let drawn = Directory::of(self.sources.grids.all().await?, staff, names, &self.code_key);
        let mut current = self.current.write();
        *current = Arc::new(Directory { parts: drawn.parts, organisations: Arc::clone(&current.organisations) });
        Ok(())
    }
}

impl Directory {
    /// The picture of `grids`, parents before children, with who serves them and the names of all staff; without
    /// organisations. `code_key` makes their QR codes.
    pub fn of(
        grids: Vec<Grid>,
        mut staff: HashMap<GridId, Vec<StaffMember>>,
        names: HashMap<AccountId, String>,
        code_key: &[u8; 32],
    ) -> Self {
        let mut directory = GridPart { names, ..GridPart::default() };
        let mut entries: HashMap<GridId, GridEntry> = HashMap::with_capacity(grids.len());
        let mut order = Vec::with_capacity(grids.len());
        for grid in grids {
            let parent_id = grid.path.parent().and_then(|path| directory.by_path.get(&path).copied());
            let parent = parent_id.and_then(|id| entries.get(&id));
            let full_name = match parent {
                Some(parent) if parent.parent_id.is_some() => format!("{} {}", parent.full_name, grid.name),
                Some(_) | None => grid.name.clone(),
            };
            let above = parent.map(|parent| LadderStep {
                grid_id: parent.grid.id,
                path: parent.grid.path.clone(),
                leaders: parent.leaders(),
            });
            let further = parent.map(|parent| parent.ladder.0.clone()).unwrap_or_default();
            let mut members = staff.remove(&grid.id).unwrap_or_default();
            members.sort_by(|a, b| (a.duty, &a.name).cmp(&(b.duty, &b.name)));
            directory.by_path.insert(grid.path.clone(), grid.id);
            directory.by_serial.insert(grid.serial, grid.id);
            if let Some(area) = &grid.area {
                directory.locator.insert(grid.id, grid.path.level(), area.clone());
            }
            match parent_id.and_then(|id| entries.get_mut(&id)) {
                Some(parent) => parent.children.push(grid.id),
                None => directory.roots.push(grid.id),
            }
            order.push(grid.id);
            entries.insert(
                grid.id,
                GridEntry {
                    code: GridCode::issue(code_key, grid.serial, grid.code_generation),
                    full_name,
                    parent_id,
                    households: u64::from(grid.households),
                    children: Vec::new(),
                    people: members.iter().map(StaffMember::person).collect(),
                    staff: members,
                    ladder: Arc::new(Ladder(above.into_iter().chain(further).collect())),
                    grid,
                },
            );
        }
        // Children come behind their parents, so from the end each has its whole sum when it is added above.
        for id in order.iter().rev() {
            let Some((parent_id, households)) = entries.get(id).map(|entry| (entry.parent_id, entry.households)) else {
                continue;
            };
            if let Some(parent) = parent_id.and_then(|id| entries.get_mut(&id)) {
                parent.households += households;
            }
        }
        let sort_key: HashMap<GridId, (i32, TreePath)> =
            entries.iter().map(|(id, entry)| (*id, (entry.grid.sort_order, entry.grid.path.clone()))).collect();
        for entry in entries.values_mut() {
            entry.children.sort_by(|a, b| sort_key.get(a).cmp(&sort_key.get(b)));
        }
        directory.grids = entries.into_iter().map(|(id, entry)| (id, Arc::new(entry))).collect();
        Self { parts: Arc::new(directory), organisations: Arc::default() }
    }
}
