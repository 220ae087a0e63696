//! Golden transcripts: `stories/*.txt` show what the function does, from the request to what Microsoft Graph was asked, and
//! are compared word for word. `STORIES=write cargo test -p rotate-cert-report --test stories` writes them anew.

#![cfg(test)]

mod entrusted;
mod tales;

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);

telling::stories! {
    FUNCTION, tales:
    reported,
    reported_as_far_as_it_can_be_read,
    acknowledged,
    told,
    a_certificate_is_renewed,
    a_secret_is_renewed_and_taken_back,
    what_rotation_will_not_do,
    all_that_are_entrusted,
}
