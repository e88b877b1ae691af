//! The invented places: 青岚县 with its townships, villages and groups, their areas, and how many households they serve.

use lianxin_domain::geo::{Area, Point};
use lianxin_domain::tree::TreePath;

use super::dice::Dice;
use super::extent::Extent;
use super::map::{Cell, Map, split};

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
/// Further villages are named by one of each.
const FIRST_WORDS: [&str; 12] = ["青", "双", "马", "枫", "梅", "白", "长", "金", "桂", "黄", "岩", "松"];
const SECOND_WORDS: [&str; 11] = ["冲", "塘", "岭", "岩", "坡", "洞", "溪", "垌", "峰", "沟", "井"];
const QUARTERS: [&str; 4] = ["东片", "西片", "南片", "北片"];
/// Where a village is not divided.
const ONE_QUARTER: &str = "中心片区";
const GROUPS: [&str; 12] =
    ["一组", "二组", "三组", "四组", "五组", "六组", "七组", "八组", "九组", "十组", "十一组", "十二组"];
/// Households of the smallest group and of the largest, before they are scaled to the county's sum.
const HOUSEHOLDS: (u32, u32) = (36, 82);

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
    /// Households that it serves itself.
    pub households: u32,
}

/// The county's grids, parents before children.
pub fn county(extent: &Extent) -> Vec<Place> {
    let mut atlas = Atlas { map: Map::new(extent.map.0, extent.map.1), places: Vec::new() };
    let land = atlas.map.land.clone();
    let root = TreePath::root(1);
    atlas.push(root.clone(), "青岚县", &land);
    let (mut villages_so_far, mut quarters_so_far) = (0, 0);
    for (town_index, town_cells) in split(&land, extent.towns).iter().enumerate() {
        let town = root.child(number(town_index));
        atlas.push(town.clone(), TOWNS[town_index % TOWNS.len()], town_cells);
        let villages = extent.villages[town_index % extent.villages.len()];
        for (village_index, village_cells) in split(town_cells, villages).iter().enumerate() {
            let village = town.child(number(village_index));
            atlas.push(village.clone(), &village_name(villages_so_far), village_cells);
            let quarters = extent.quarters[villages_so_far % extent.quarters.len()];
            villages_so_far += 1;
            for (quarter_index, quarter_cells) in split(village_cells, quarters).iter().enumerate() {
                let quarter = village.child(number(quarter_index));
                let name = if quarters == 1 { ONE_QUARTER } else { QUARTERS[quarter_index % QUARTERS.len()] };
                atlas.push(quarter.clone(), name, quarter_cells);
                let groups = extent.groups[quarters_so_far % extent.groups.len()];
                quarters_so_far += 1;
                for (group_index, group_cells) in split(quarter_cells, groups).iter().enumerate() {
                    let name = GROUPS[group_index % GROUPS.len()];
                    atlas.push(quarter.child(number(group_index)), name, group_cells);
                }
            }
        }
    }
    settle(&mut atlas.places, extent.households);
    atlas.places
}

struct Atlas {
    map: Map,
    places: Vec<Place>,
}

impl Atlas {
    fn push(&mut self, path: TreePath, name: &str, cells: &[Cell]) {
        let number = path.chain().map(|step| &step[step.len() - 2..]).collect::<Vec<_>>().join("-");
        self.places.push(Place {
            number: format!("QL-{number}"),
            name: name.to_owned(),
            area: self.map.outline(cells),
            center: self.map.centre_of(cells),
            households: 0,
            path,
        });
    }
}

/// Every village of the county has a name of its own.
fn village_name(index: usize) -> String {
    match VILLAGES.get(index) {
        Some(name) => (*name).to_owned(),
        None => {
            let index = index - VILLAGES.len();
            // 12 and 11 have no common divisor, so all pairs come before one comes again.
            format!("{}{}村", FIRST_WORDS[index % FIRST_WORDS.len()], SECOND_WORDS[index % SECOND_WORDS.len()])
        }
    }
}

/// Spreads the county's households over the places that have none below them.
fn settle(places: &mut [Place], households: u32) {
    let lowest = places.iter().map(|place| place.path.level()).max().unwrap_or_default();
    let mut groups: Vec<&mut Place> = places.iter_mut().filter(|place| place.path.level() == lowest).collect();
    let mut dice = Dice::new(20_261_123);
    let (least, most) = HOUSEHOLDS;
    let weights: Vec<u64> = groups.iter().map(|_| u64::from(least) + dice.below(u64::from(most - least))).collect();
    let sum: u64 = weights.iter().sum();
    // Each gets the difference of what is due up to it, so that the sum is met.
    let due = |weight: u64| u32::try_from(u64::from(households) * weight / sum).unwrap_or_default();
    let mut so_far = 0;
    for (place, weight) in groups.iter_mut().zip(weights) {
        place.households = due(so_far + weight) - due(so_far);
        so_far += weight;
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use lianxin_domain::geo::Area;

    use super::*;
    use crate::cli::Scale;

    fn levels(places: &[Place]) -> Vec<usize> {
        let mut levels = BTreeMap::new();
        places.iter().for_each(|place| *levels.entry(place.path.level()).or_insert(0) += 1);
        levels.into_values().collect()
    }

    #[test]
    fn the_county_has_the_manuals_size_and_names_of_its_own() {
        let places = county(&Extent::of(Scale::County));
        assert_eq!(levels(&places), [1, 8, 98, 98, 741]);
        assert_eq!(places.iter().map(|place| place.households).sum::<u32>(), 43_494);
        let groups = places.iter().filter(|place| place.path.level() == 5);
        assert!(groups.clone().all(|place| (25..110).contains(&place.households)));
        assert!(places.iter().filter(|place| place.path.level() < 5).all(|place| place.households == 0));
        let villages: HashSet<&str> =
            places.iter().filter(|place| place.path.level() == 3).map(|place| place.name.as_str()).collect();
        assert_eq!(villages.len(), 98);
        let numbers: HashSet<&str> = places.iter().map(|place| place.number.as_str()).collect();
        assert_eq!(numbers.len(), places.len());
        assert_eq!(levels(&county(&Extent::of(Scale::Small))), [1, 1, 3, 9, 26]);
    }

    /// Sides of an area, each from the lesser end to the greater.
    fn sides(area: &Area) -> Vec<[(i64, i64); 2]> {
        let json = serde_json::json!(area);
        let ring = json["coordinates"][0].as_array().unwrap();
        let corner = |at: &serde_json::Value| {
            let metre = |degrees: &serde_json::Value| (degrees.as_f64().unwrap() * 1e5).round() as i64;
            (metre(&at[0]), metre(&at[1]))
        };
        let corners: Vec<_> = ring.iter().map(corner).collect();
        corners.windows(2).map(|pair| [pair[0].min(pair[1]), pair[0].max(pair[1])]).collect()
    }

    #[test]
    fn areas_fit_without_gaps_and_the_map_is_the_same_every_time() {
        for scale in [Scale::Small, Scale::County] {
            let places = county(&Extent::of(scale));
            let again = county(&Extent::of(scale));
            assert!(places.iter().zip(&again).all(|(one, other)| one.area == other.area && one.name == other.name));
            for place in &places {
                let (area, center) = (place.area.as_ref().unwrap(), place.center.unwrap());
                assert!(area.contains(center), "{} {}", place.path, place.name);
                let below: Vec<&Place> =
                    places.iter().filter(|other| other.path.parent().as_ref() == Some(&place.path)).collect();
                if below.is_empty() {
                    continue;
                }
                // Each side of a part is another part's too, or the whole's; the whole has no others.
                let mut times: HashMap<_, usize> = HashMap::new();
                for side in below.iter().flat_map(|part| sides(part.area.as_ref().unwrap())) {
                    *times.entry(side).or_default() += 1;
                }
                assert!(times.values().all(|times| *times <= 2), "{} {}", place.path, place.name);
                let rim: HashSet<_> =
                    times.into_iter().filter(|(_, times)| *times == 1).map(|(side, _)| side).collect();
                let whole: HashSet<_> = sides(area).into_iter().collect();
                assert!(whole.is_subset(&rim), "{} {}", place.path, place.name);
                // Only a lake's shore is a rim inside.
                assert!(rim.len() < whole.len() + 80, "{} {}", place.path, place.name);
                let parts: f64 = below.iter().map(|part| part.area.as_ref().unwrap().square_degrees()).sum();
                assert!((parts / area.square_degrees() - 1.0).abs() < 0.02, "{} {}", place.path, place.name);
            }
        }
    }

    #[test]
    fn parts_are_of_nearly_the_same_size() {
        let land = Map::new(42, 0.0048).land;
        for (parts, least, most) in [(8, 0.85, 1.2), (98, 0.6, 1.5)] {
            let sizes: Vec<f64> = split(&land, parts).iter().map(|part| part.len() as f64).collect();
            let fair = land.len() as f64 / parts as f64;
            assert!(sizes.iter().all(|size| (least..most).contains(&(size / fair))), "{fair}: {sizes:?}");
        }
    }
}
