//! Which answers the Ministry's files declare: what something in front that validates answers lets through.

/// An answer that is declared: a status, and the media type of its body where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The status.
    pub status: u16,
    /// The media type; none where no body is declared.
    pub media_type: Option<&'static str>,
}

impl Declared {
    const fn bare(status: u16) -> Self {
        Self { status, media_type: None }
    }

    const fn json(status: u16) -> Self {
        Self { status, media_type: Some("application/json") }
    }
}

/// Of every operation. Failures have no body: problem documents stand beside the files.
pub static OF_OPERATIONS: &[Declared] = &[Declared::json(200), Declared::bare(400), Declared::bare(500)];

/// Of `GET /status`, of every API.
pub static OF_STATUS: &[Declared] = &[Declared::bare(204), Declared::bare(400), Declared::bare(500)];
