//! What holds of every text.

use crate::{IndexRequest, check_files, normalized, pack, wheel_name};
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_normalized_stays_so(name in "[-_.A-Za-z0-9\u{e9}\u{130}]{0,20}") {
        let once = normalized(&name);
        prop_assert_eq!(normalized(&once), once.clone());
        prop_assert!(!once.contains("--") && !once.contains(['_', '.']));
    }

    /// A wheel is asked for where the index says that it is, in whatever way the project's name is spelled.
    #[test]
    fn wheels_are_found_by_their_names(
        name in "[a-z][a-z0-9]{0,5}(-[a-z][a-z0-9]{0,5}){1,4}",
        version in "[0-9]{1,3}(\\.[0-9]{1,3}){1,4}(\\.dev0)?\\+[0-9a-f]{12}",
        spelled in prop_oneof![Just('-'), Just('_'), Just('.')],
    ) {
        let file = wheel_name(&name, &version);
        let spelled = name.replace('-', &spelled.to_string());
        let path = format!("{spelled}/{}", file.replace('+', "%2B"));
        let wanted = IndexRequest::Wheel { name: spelled.clone(), version: version.clone() };
        prop_assert_eq!(IndexRequest::parse(&path), Some(wanted));
        let wanted = IndexRequest::Metadata { name: spelled, version };
        prop_assert_eq!(IndexRequest::parse(&format!("simple/{path}.metadata")), Some(wanted));
    }

    #[test]
    fn a_wheel_holds_what_can_be_in_one(
        files in prop::collection::btree_map("[ab./A,\n-]{0,6}", prop::collection::vec(any::<u8>(), 0..8), 0..5),
    ) {
        let is_sound = check_files(files.keys().map(String::as_str)).is_ok();
        let wheel = pack("a-b", "1.0+c", "Metadata-Version: 2.1\n", None, &files);
        prop_assert_eq!(wheel.is_ok(), is_sound);
        if let Ok(wheel) = wheel {
            let archive = zip::ZipArchive::new(std::io::Cursor::new(wheel)).unwrap();
            prop_assert_eq!(archive.len(), files.len() + 3);
        }
    }
}
