//! What is left out where a bundle is written.

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(crate) fn is_false(b: &bool) -> bool {
    !*b
}
