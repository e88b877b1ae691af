//! The invented places: 青岚县 with its townships, villages and groups, and their areas.

use lianxin_domain::geo::{Area, Point};
use lianxin_domain::tree::TreePath;

use super::map::{Cell, centre_of, disk, outline, split};
use crate::cli::Scale;

const TOWNS: [&str; 8] = ["云溪镇", "石门镇", "白沙乡", "青林镇", "东湾镇", "花岭乡", "北坪镇", "南渡乡"];
const VILLAGES: [&str; 14] = [
    "柳河村",
    "大湾村",
    "新田村",
    "上寨村",
    "茶山村",
    "古渡村",
    "坪坝村",
    "沙口村",
    "大坪村",
    "龙潭村",
    "竹园村",
    "石桥村",
    "码头社区",
    "城北社区",
];
const QUARTERS: [&str; 4] = ["东片", "西片", "南片", "北片"];
const GROUPS: [&str; 12] =
    ["一组", "二组", "三组", "四组", "五组", "六组", "七组", "八组", "九组", "十组", "十一组", "十二组"];

/// One grid to be made.
pub struct Place {
    /// Where in the tree.
    pub path: TreePath,
    /// Its own name.
    pub name: String,
    /// Its administrative number.
    pub number: String,
    /// Its area.
    pub area: Option<Area>,
    /// A point in its middle.
    pub center: Option<Point>,
}

/// How many children each level has, from the county down; the last row's counts vary by a pattern.
struct Shape {
    radius: i32,
    towns: usize,
    villages: &'static [usize],
    quarters: &'static [usize],
    groups: &'static [usize],
}

/// The county's grids, parents before children.
pub fn county(scale: Scale) -> Vec<Place> {
    let shape = match scale {
        // 1 + 1 + 3 + 9 + 26 = 40 grids.
        Scale::Small => {
            Shape { radius: 6, towns: 1, villages: &[3], quarters: &[3], groups: &[3, 3, 3, 3, 3, 3, 3, 3, 2] }
        }
        // 8 townships, 98 villages, 98 quarters, 741 groups: the manual's county.
        Scale::County => Shape {
            radius: 30,
            towns: 8,
            villages: &[13, 12, 12, 13, 12, 12, 12, 12],
            quarters: &[1],
            groups: &[8, 7, 8, 7, 8, 8, 7, 8, 7, 8, 7],
        },
    };
    let mut places = Vec::new();
    let cells = disk(shape.radius);
    let root = TreePath::root(1);
    push(&mut places, root.clone(), "青岚县", &cells);
    let mut counters = Numbering::default();
    for (town_index, town_cells) in split(&cells, shape.towns).iter().enumerate() {
        let town = root.child(number(town_index));
        push(&mut places, town.clone(), TOWNS[town_index % TOWNS.len()], town_cells);
        let villages = shape.villages[town_index % shape.villages.len()];
        for (village_index, village_cells) in split(town_cells, villages).iter().enumerate() {
            let village = town.child(number(village_index));
            let name = VILLAGES[village_index % VILLAGES.len()];
            push(&mut places, village.clone(), name, village_cells);
            let quarters = shape.quarters[counters.village() % shape.quarters.len()];
            for (quarter_index, quarter_cells) in split(village_cells, quarters).iter().enumerate() {
                let quarter = village.child(number(quarter_index));
                push(&mut places, quarter.clone(), QUARTERS[quarter_index % QUARTERS.len()], quarter_cells);
                let groups = shape.groups[counters.quarter() % shape.groups.len()];
                for (group_index, group_cells) in split(quarter_cells, groups).iter().enumerate() {
                    let name = GROUPS[group_index % GROUPS.len()];
                    push(&mut places, quarter.child(number(group_index)), name, group_cells);
                }
            }
        }
    }
    places
}

#[derive(Default)]
struct Numbering {
    villages: usize,
    quarters: usize,
}

impl Numbering {
    fn village(&mut self) -> usize {
        self.villages += 1;
        self.villages - 1
    }

    fn quarter(&mut self) -> usize {
        self.quarters += 1;
        self.quarters - 1
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or_default() + 1
}

fn push(places: &mut Vec<Place>, path: TreePath, name: &str, cells: &[Cell]) {
    let number = path.chain().map(|step| &step[step.len() - 2..]).collect::<Vec<_>>().join("-");
    places.push(Place {
        number: format!("QL-{number}"),
        name: name.to_owned(),
        area: outline(cells),
        center: centre_of(cells),
        path,
    });
}
