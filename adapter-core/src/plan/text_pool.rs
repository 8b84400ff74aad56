//! The text pool of a plan.

use std::sync::Arc;

use crate::value::Text;

/// The bundle's text pool while it is made.
#[derive(Debug, Default)]
pub(crate) struct TextPool(String);

impl TextPool {
    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The whole, ready to be shared.
    pub fn share(self) -> Arc<str> {
        Arc::from(self.0)
    }

    /// Adds a text.
    pub fn add(&mut self, text: &str) -> Result<Text, String> {
        let too_large = || "its texts are too large".to_owned();
        let start = u32::try_from(self.0.len()).map_err(|_| too_large())?;
        let len = u32::try_from(text.len()).map_err(|_| too_large())?;
        start.checked_add(len).ok_or_else(too_large)?;
        self.0.push_str(text);
        Ok(Text { segment: 0, start, len })
    }
}
