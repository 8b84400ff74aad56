// IFS02.1 by hand: rows in, the answer's object out.
import { readFileSync } from "node:fs";

const NOTHING = new Set(["null", "01/01/1900 00:00:00"]);
const STATUS = new Map([["A", "active"], ["S", "wait"], ["X", "inactive"]]);

// Courses by the system's course, the student's cohort and the degree class.
const courses = new Map();
for (const line of readFileSync(process.env.BENCH_COURSES, "utf8").trim().split("\n").slice(1)) {
  const [cds, cohort, degreeClass, type, code, classCode] = line.split(";");
  courses.set(`${cds}/${cohort}/${degreeClass}`, { type, code, classCode: classCode || null });
}

function text(value) {
  return value == null || value.trim() === "" || NOTHING.has(value) ? null : value;
}

// The answer, or null where the student is unknown. A row has the members of the system's list; `status` is the code
// that stands inside `staIscrCod`.
export function answer(taxCode, rows, current) {
  if (rows.length === 0) return null;
  const latest = new Map();
  for (const row of rows) {
    const year = row.aaIscrId;
    // The window: this academic year and the two before it.
    if (year == null || year > current || year + 2 < current) continue;
    const degreeClass = text(row.claMurstCod);
    const course = degreeClass && courses.get(`${row.cdsId}/${row.aaRegId}/${degreeClass}`);
    if (!course) continue;
    const before = latest.get(course.code);
    if (before && before.year >= year) continue;
    const status = row.condFlg === 1 ? "wait" : STATUS.get(text(row.status));
    const step = row.annoCorso;
    latest.set(course.code, { year, course, status, step });
  }
  const enrollments = [];
  for (const { year, course, status, step } of latest.values()) {
    // One that lacks a member takes its course with it.
    if (!status || !(step >= 1 && step <= 99)) continue;
    enrollments.push({
      institute_code: "9901",
      programme_type_code: course.type,
      degree_course_code: course.code,
      degree_class_code: course.classCode,
      academic_year: `${year}/${year + 1}`,
      degree_course_year: step,
      status,
    });
  }
  enrollments.sort((a, b) => (a.degree_course_code < b.degree_course_code ? -1 : 1));
  return { personal_data: { tax_code: taxCode }, enrollments };
}
