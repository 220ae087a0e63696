//! What is repeated, what is not, and what is said of the rest.

use std::time::Duration;

use futures_util::future::pending as never;
use graph::Refusal;
use graph::stack::{TransportError, Wire};
use serde_json::json;
use tower::service_fn;
use vault::{KeyVaults, Text, Vaults};

use crate::mock::{
    Http, client, config, create, empty, failure, lost, pending, refusal, secret, set, status, with,
};

#[tokio::test(start_paused = true)]
async fn a_reading_is_repeated_until_it_is_answered() {
    let (vaults, log) = client(|_, place| match place {
        0 => lost(),
        1 => empty(status(502)),
        _ => with(200, &json!({})),
    });
    vaults.send(pending(), None).await.unwrap();
    assert_eq!(log.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_version_whose_reply_was_lost_is_not_made_again() {
    for ask in [create(), set(Text::Carried), set(Text::Plain("{}".to_owned()))] {
        for status_ in [0, 500, 502, 504] {
            let (vaults, log) =
                client(move |_, _| if status_ == 0 { lost() } else { empty(status(status_)) });
            let error = failure(&vaults, ask.clone()).await;
            assert!(error.is_unknown() && error.help().is_some(), "{status_}: {error}");
            assert_eq!(log.len(), 1, "{status_}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_of_which_nothing_can_be_read_may_have_been_made() {
    for (ask, is_unknown) in [(create(), true), (set(Text::Carried), true), (pending(), false)] {
        let (vaults, log) = client(|_, _| Ok(status(200).body("<html>".into()).unwrap()));
        let error = failure(&vaults, ask).await;
        assert!(
            error.is_unknown() == is_unknown && error.to_string().contains("could not be used"),
            "{error}"
        );
        assert_eq!(log.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_again() {
    for ask in [create(), set(Text::Carried)] {
        let (vaults, log) = client(|_, place| match place {
            0 => Err(TransportError::not_sent("no route")),
            _ => with(200, &json!({"status": "inProgress"})),
        });
        vaults.send(ask, Some(&secret())).await.unwrap();
        assert_eq!(log.len(), 2);
    }
}

/// A wire whose first answer, to the question where tokens come from, goes wrong in this way.
async fn stumbles(first: impl Fn() -> crate::mock::Answer + Send + Sync + Clone + 'static) -> usize {
    let (wire, log) = crate::mock::wire(|_, _| with(200, &json!({"status": "inProgress"})));
    let begun = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stumbling = service_fn(move |request: Http| {
        let (wire, first) = (wire.clone(), first.clone());
        let is_first = !begun.swap(true, std::sync::atomic::Ordering::Relaxed);
        async move { if is_first { first() } else { tower::ServiceExt::oneshot(wire, request).await } }
    });
    let vaults = KeyVaults::over(config(&[]), Wire::new(stumbling));
    vaults.send(create(), None).await.unwrap();
    log.len()
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_before_there_was_a_token_has_changed_nothing() {
    assert_eq!(stumbles(lost).await, 1);
    assert_eq!(stumbles(|| empty(status(500))).await, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_told_to_wait_waits() {
    for ask in [pending(), create(), set(Text::Carried)] {
        let (vaults, log) = client(|_, place| match place {
            0 => empty(status(429).header("retry-after", "7")),
            1 => empty(status(429)),
            _ => with(200, &json!({"status": "inProgress"})),
        });
        vaults.send(ask, Some(&secret())).await.unwrap();
        let waits = log.waits("contoso-keys.vault.azure.net");
        assert_eq!(waits[0], 7_000);
        assert!(waits[1] >= 500, "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_is_busy_for_good_is_told_as_such() {
    let (vaults, log) = client(|_, _| refusal(429, "Throttled", "", "Too many requests."));
    let error = failure(&vaults, pending()).await;
    assert!(error.is_throttled() && error.is_repeatable(), "{error}");
    assert!(log.len() > 3 && log.len() < 40, "{}", log.len());
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_says_nothing_is_given_up() {
    for (ask, is_unknown) in [(pending(), false), (create(), true)] {
        let silent = service_fn(|request: Http| async move {
            match request.headers().contains_key("authorization") {
                false => crate::mock::challenge(),
                true => never().await,
            }
        });
        let vaults = KeyVaults::over(config(&[]), Wire::new(silent));
        let begun = tokio::time::Instant::now();
        let error = failure(&vaults, ask).await;
        assert_eq!((error.is_unknown(), error.is_unreachable()), (is_unknown, !is_unknown), "{error}");
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(30) && took < Duration::from_secs(120), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_once_with_what_helps() {
    let busy = "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.";
    let gone =
        "Certificate payroll is currently in a deleted but recoverable state, and its name cannot be reused.";
    let denied = "Caller is not authorized to perform action on resource.\r\nCaller: appid=x;oid=y";
    let table = [
        (404, "PendingCertificateNotFound", "", "Pending certificate not found: payroll", Refusal::NotFound),
        (403, "Forbidden", "ForbiddenByRbac", denied, Refusal::VaultDenied),
        (
            403,
            "Forbidden",
            "ForbiddenByFirewall",
            "Client address is not authorized.",
            Refusal::VaultFirewall,
        ),
        (
            403,
            "Forbidden",
            "SecretDisabled",
            "Operation get is not allowed on a disabled secret.",
            Refusal::VersionDisabled,
        ),
        (409, "Forbidden", "", busy, Refusal::CertificatePending),
        (409, "Conflict", "ObjectIsDeletedButRecoverable", gone, Refusal::DeletedRecoverable),
    ];
    for (status, code, inner, message, expected) in table {
        for ask in [pending(), create(), set(Text::Carried)] {
            let (vaults, log) = client(move |_, _| refusal(status, code, inner, message));
            let error = failure(&vaults, ask.clone()).await;
            assert!(error.is(expected) && error.help().is_some_and(|help| !help.is_empty()), "{error}");
            assert_eq!((error.status(), error.request_id()), (Some(status), Some("r-1")));
            assert_eq!(error.code(), if inner.is_empty() { code } else { inner });
            assert!(!error.to_string().contains(['\r', '\n']) && error.client_request_id().is_some());
            assert_eq!(error.is_not_found(), status == 404);
            assert_eq!(error.is_denied(), expected == Refusal::VaultDenied);
            assert_eq!(ask.is_not_yet(&error), ask == create() && expected == Refusal::CertificatePending);
            assert_eq!(log.len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_had_is_told_as_such() {
    struct Nobody;
    impl graph::auth::TokenSource for Nobody {
        fn bearer<'a>(
            &'a self,
            _: &'a graph::auth::Audience,
        ) -> futures_util::future::BoxFuture<'a, Result<graph::auth::Token, graph::auth::AuthError>> {
            Box::pin(async { Err(graph::auth::AuthError::failed("nobody is signed in")) })
        }

        fn refused(&self, _: &graph::auth::Audience, _: &graph::auth::Token) {}
    }
    let (wire, log) = crate::mock::wire(|_, _| with(200, &json!({})));
    let vaults = KeyVaults::over(vault::Config { tokens: std::sync::Arc::new(Nobody), ..config(&[]) }, wire);
    let error = failure(&vaults, create()).await;
    assert_eq!(error.to_string(), "no token for Azure Key Vault");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "nobody is signed in");
    assert_eq!(log.len(), 0);
}
