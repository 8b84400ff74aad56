"""IFS02.1 by hand: rows in, the answer's object out."""

import os
from pathlib import Path

NOTHING = {"null", "01/01/1900 00:00:00"}
STATUS = {"A": "active", "S": "wait", "X": "inactive"}


def _courses():
    """Courses by the system's course, the student's cohort and the degree class."""
    courses = {}
    for line in Path(os.environ["BENCH_COURSES"]).read_text().splitlines()[1:]:
        cds, cohort, degree_class, kind, code, class_code = line.split(";")
        courses[int(cds), int(cohort), degree_class] = (kind, code, class_code or None)
    return courses


COURSES = _courses()


def text(value):
    return None if value is None or not value.strip() or value in NOTHING else value


def answer(tax_code, rows, current):
    """The answer, or none where the student is unknown. A row is (year, course, cohort, class, step, conditional, status)."""
    if not rows:
        return None
    latest = {}
    for year, cds, cohort, degree_class, step, conditional, status in rows:
        # The window: this academic year and the two before it.
        if year is None or not current - 2 <= year <= current:
            continue
        course = COURSES.get((cds, cohort, text(degree_class)))
        if course is None:
            continue
        before = latest.get(course[1])
        if before is None or before[0] < year:
            latest[course[1]] = (year, course, step, "wait" if conditional == 1 else STATUS.get(text(status)))
    return {
        "personal_data": {"tax_code": tax_code},
        "enrollments": [
            {
                "institute_code": "9901",
                "programme_type_code": course[0],
                "degree_course_code": course[1],
                "degree_class_code": course[2],
                "academic_year": f"{year}/{year + 1}",
                "degree_course_year": step,
                "status": status,
            }
            for _, (year, course, step, status) in sorted(latest.items())
            # One that lacks a member takes its course with it.
            if status is not None and step is not None and 1 <= step <= 99
        ],
    }
