//! Decisions as tables: what is asked and what is known in, sentences out.

#![cfg(test)]

use plan::Task;
use rotate_cert_report::{Renewal, RotateCertReport};

#[test]
fn nothing_is_changed_of_what_is_not_entrusted() {
    let want = Renewal { application: "02bd9fd6-8f93-4758-87c3-1fb73740a315".to_owned() };
    let plan = RotateCertReport::plan(&want, &());
    assert!(plan.is_empty());
    assert_eq!(plan.findings[0].code, "not-entrusted");
}
