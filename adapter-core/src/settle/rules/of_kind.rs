//! Universities and institutes of arts and music have sectors and credits of their own (IFS01.2-F2, F3): those of the
//! other kind are null.

use crate::contract::{At, Member, School};
use crate::settle::draft::{Draft, Fault, noted};
use crate::settle::{Log, Setting};
use crate::value::Value;

/// A member of the other kind had a value.
const OTHER: u8 = 0;

pub(super) fn keep(
    list: At,
    school: School,
    others: &'static [Member],
    draft: &mut Draft<'_>,
    setting: Setting<'_>,
    log: &mut Log,
) -> Result<(), Fault> {
    if setting.school != school {
        return Ok(());
    }
    let (level, _) = draft.list(list)?;
    for item in 0..level.items.len() {
        for member in others {
            if !level.value(item, *member).is_null() {
                level.set(item, usize::from(member.0), Value::Null);
                log.note(OTHER, noted(list.level, item, None));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::contract::School;
    use crate::settle::rules::tests::{COURSE, of_institute, of_school};

    const BOTH: &str = concat!(
        r#"[{"curriculum_learnings":[{"degree_course_year":1,"learnings":[{"learning_ssd":"FIS/01","#,
        r#""learning_sad":"CODI/01","learning_name":"a","learning_cfu":6,"learning_cfa":7}]}]}]"#
    );

    #[test]
    fn what_is_of_the_other_kind_is_null() {
        let (sent, log) = of_institute(COURSE, BOTH);
        let known = r#"{"learning_ssd":"FIS/01","learning_sad":null,"learning_name":"a","learning_cfu":6,"learning_cfa":null,"learning_ref":null}"#;
        assert!(sent.as_ref().unwrap().contains(known), "{sent:?}");
        assert_eq!(log, ["IFS01.2-F2.other_kind"; 2]);
        let (sent, log) = of_school(School::Afam, COURSE, BOTH);
        let known = r#"{"learning_ssd":null,"learning_sad":"CODI/01","learning_name":"a","learning_cfu":null,"learning_cfa":7,"learning_ref":null}"#;
        assert!(sent.as_ref().unwrap().contains(known), "{sent:?}");
        assert_eq!(log, ["IFS01.2-F3.other_kind"; 2]);
    }
}
