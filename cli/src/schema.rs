//! `ifs schema`

use crate::{Ended, print};

pub(crate) fn run(tests: bool) -> Ended {
    print(&if tests { mapping_compiler::test_schema() } else { mapping_compiler::mapping_schema() });
    Ended::Well
}
