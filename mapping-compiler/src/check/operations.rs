//! Operations of the national contract, those included that the engine does not know yet.

/// Ids of all operations of the contract (version 2.1.0).
pub(super) const ALL: &[&str] = &[
    "IFS01.1", "IFS01.2", "IFS02.1", "IFS02.2", "IFS02.3", "IFS02.4", "IFS02.5", "IFS03.1", "IFS03.2", "IFS03.3",
    "IFS03.4", "IFS04.1", "IFS04.2", "IFS04.3", "IFS04.4", "IFS05.1", "IFS05.2", "IFS05.3", "IFS05.4", "IFS06.1",
    "IFS07.1", "IFS08.1", "IFS09.1",
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_engine_knows_no_other_operations() {
        for operation in adapter_core::contract::OPERATIONS {
            assert!(super::ALL.contains(&operation.id), "{}", operation.id);
        }
        assert_eq!(super::ALL.len(), 23);
    }
}
