//! The courses' codes, as the mappings' table has them.

use crate::Error;

const TABLE: &str = include_str!("../../bench/mappings/tables/courses.csv");

/// A course in the Ministry's terms.
#[derive(Debug)]
pub struct Course {
    /// What it is found by: the system's course, the student's cohort, the degree class.
    key: (u32, u16, String),
    /// Its place among all courses by their codes.
    pub rank: usize,
    /// Kind of programme.
    pub programme_type: String,
    /// Its code.
    pub code: String,
    /// Code of its class; may be empty.
    pub class: String,
}

/// All courses, sorted by their keys.
#[derive(Debug)]
pub struct Courses(Vec<Course>);

impl Courses {
    /// The courses of the mappings' table.
    ///
    /// # Errors
    /// A line is none.
    pub fn load() -> Result<Self, Error> {
        let course = |line: &str| {
            let [course, cohort, class, programme_type, code, class_code] =
                <[&str; 6]>::try_from(line.split(';').collect::<Vec<_>>()).ok()?;
            Some(Course {
                key: (course.parse().ok()?, cohort.parse().ok()?, class.to_owned()),
                rank: 0,
                programme_type: programme_type.to_owned(),
                code: code.to_owned(),
                class: class_code.to_owned(),
            })
        };
        let courses: Option<Vec<Course>> = TABLE.lines().skip(1).map(course).collect();
        let mut courses = courses.ok_or_else(|| Error::new("a course has six columns"))?;
        let mut codes: Vec<String> = courses.iter().map(|course| course.code.clone()).collect();
        codes.sort_unstable();
        codes.dedup();
        for course in &mut courses {
            course.rank = codes.binary_search(&course.code).unwrap_or(0);
        }
        courses.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self(courses))
    }

    /// A course by its key.
    pub fn find(&self, course: u32, cohort: u16, class: &str) -> Option<&Course> {
        let at = self.0.binary_search_by(|one| {
            let (c, y, k) = &one.key;
            (*c, *y, k.as_str()).cmp(&(course, cohort, class))
        });
        self.0.get(at.ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_are_found_by_their_whole_key() {
        let courses = Courses::load().unwrap();
        assert_eq!(courses.0.len(), 100);
        assert_eq!(courses.find(10_042, 2024, "L-8").unwrap().code, "1500042");
        for (course, cohort, class) in [(9_999, 2024, "L-8"), (10_042, 2023, "L-8"), (10_042, 2024, "L-9")] {
            assert!(courses.find(course, cohort, class).is_none());
        }
        assert!(courses.0.windows(2).all(|pair| pair[0].rank < pair[1].rank), "codes rise with keys here");
    }
}
