//! The handler as a process: how it is started, what is heard of it, how it dies and comes back.

use crate::common::{Stage, call, http, in_time, json_answer, post, queue, seen, start, timer, write};
use ::http::Method;
use functions_host::Level;
use serde_json::json;

#[tokio::test]
async fn the_handler_is_started_in_the_app_with_its_arguments_and_its_lines_are_heard() {
    in_time(async {
        let stage = Stage::new();
        let arguments = json!(["--mode", "%MODE%", "--gone=%GONE%", "--root", "%FUNCTIONS_APP_ROOT_PATH%"]);
        let description = json!({"customHandler": {"description": {"arguments": arguments}}});
        let app = stage.app("app", description, &[("hello", http(&[]))]);
        write(
            &app.dir.join("local.settings.json"),
            &json!({"IsEncrypted": false, "Values": {"MODE": "a b"}}),
        );
        let root = app.dir.canonicalize().unwrap().display().to_string();
        let host = start(vec![app]).await;
        let line = host.line_with("app", "echo-handler is up").await.unwrap();
        assert_eq!(
            line.text,
            format!(r#"echo-handler is up with ["--mode", "a", "b", "--gone=", "--root", "{root}"]"#)
        );
        assert_eq!((line.level, line.category.as_str()), (Level::Information, "Host.Function.Console"));
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_killed_handler_comes_back_on_the_same_port_however_often() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", json!({}), &[("hello", http(&[]))])]).await;
        let port = host.handler_url("app").unwrap();
        let mut pids = Vec::new();
        for _ in 0..5 {
            host.ready("app").await.unwrap();
            pids.push(host.pid("app").unwrap().unwrap());
            host.kill("app").await.unwrap();
            assert_eq!(post(&host.url("hello").unwrap(), "{}").await.status, 200, "an early caller waits");
        }
        pids.sort_unstable();
        pids.dedup();
        assert_eq!((pids.len(), host.handler_url("app").unwrap()), (5, port));
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_third_crash_stops_the_app_and_the_other_app_goes_on() {
    in_time(async {
        let stage = Stage::new();
        let one = stage.app("one", json!({}), &[("first", http(&[])), ("work", queue("jobs"))]);
        let two = stage.app("two", json!({}), &[("second", http(&[]))]);
        let host = start(vec![one, two]).await;
        for crashes in 1..=3 {
            assert_eq!(post(&host.url("first").unwrap(), "{}").await.status, 200, "before crash {crashes}");
            host.crash("one").await.unwrap();
        }
        host.line_with("one", "exited with code 137 (0x89)").await.unwrap();
        host.line_with("one", "Exceeded http worker restart retry count. Shutting down Functions Host")
            .await
            .unwrap();
        let reply = post(&host.url("first").unwrap(), "{}").await;
        assert_eq!((reply.status, reply.text.as_str()), (503, "Function host is not running."));
        host.send("jobs", "hello").unwrap();
        assert_eq!(post(&host.url("second").unwrap(), "{}").await.status, 200);
        let status = call(Method::GET, &format!("http://{}/admin/host/status", host.address())).await.json();
        assert_eq!((&status["state"], &status["apps"][0]["state"]), (&json!("Error"), &json!("Offline")));
        assert_eq!(host.messages("jobs")[0].dequeue_count, 0, "a stopped app leaves its queue alone");
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_exit_with_an_error_tells_the_last_three_error_lines_and_counts() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[("hello", http(&[]))]).with_setting("START", "exit 7");
        let host = start(vec![app]).await;
        let line = host.line_with("app", "exited with code 7 (0x7)").await.unwrap();
        assert!(line.text.ends_with(" two,four,five"), "{}", line.text);
        let warning = host.line_with("app", "warning: three").await.unwrap();
        assert_eq!(warning.level, Level::Warning);
        host.line_with("app", "Exceeded http worker restart retry count").await.unwrap();
        let exits =
            host.lines("app").unwrap().iter().filter(|line| line.text.contains("exited with code 7")).count();
        assert_eq!(exits, 3);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn exits_with_0_and_200_are_made_good_and_not_counted() {
    in_time(async {
        for code in ["0", "200"] {
            let stage = Stage::new();
            let app = stage.app("app", json!({}), &[("hello", http(&[])), ("leave", http(&[]))]);
            let exit: i32 = code.parse().unwrap();
            let app = app.with_setting("ANSWERS", json!({"/leave": {"exit": exit}}).to_string());
            let host = start(vec![app]).await;
            for _ in 0..4 {
                host.ready("app").await.unwrap();
                let pid = host.pid("app").unwrap().unwrap();
                assert_eq!(post(&host.url("leave").unwrap(), "{}").await.status, 500);
                host.line_with("app", &format!("Process {pid} has exited with code {code}")).await.unwrap();
                assert_eq!(
                    post(&host.url("hello").unwrap(), "{}").await.status,
                    200,
                    "after exit code {code}"
                );
            }
            host.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_does_not_listen_in_time_is_started_again() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app(
            "app",
            json!({"customHandler": {"initializationTimeout": "00:00:01"}}),
            &[("hello", http(&[]))],
        );
        let once = stage.path("once").display().to_string();
        let host = start(vec![app.with_setting("START", "deaf").with_setting("START_ONCE", once)]).await;
        assert_eq!(post(&host.url("hello").unwrap(), "{}").await.status, 200);
        host.line_with("app", "The handler did not answer GET / within 1s").await.unwrap();
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_executable_that_is_not_there_lets_callers_wait_until_the_host_gives_up() {
    in_time(async {
        let stage = Stage::new();
        let file = json!({"customHandler": {"initializationTimeout": "00:00:00.25",
        "description": {"defaultExecutablePath": "no-such-handler"}}});
        let host = start(vec![stage.app("app", file, &[("hello", http(&[]))])]).await;
        host.line_with("app", "Failed to start Worker Channel. Process fileName: no-such-handler")
            .await
            .unwrap();
        assert_eq!(post(&host.url("hello").unwrap(), "{}").await.status, 500);
        host.line_with("app", "Initialization timed out and host is shutting down").await.unwrap();
        assert_eq!(post(&host.url("hello").unwrap(), "{}").await.status, 503);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn answers_without_a_body_hang_until_the_function_timeout_kills_the_handler_and_all_in_flight() {
    in_time(async {
        let stage = Stage::new();
        let answers = json!({
            "/empty": {"status": 204},
            "/nothing": json_answer(json!(null)),
            "/patient": {"hang": true},
        });
        let functions =
            [("empty", http(&[])), ("nothing", http(&[])), ("patient", http(&[])), ("hello", http(&[]))];
        let app = stage.app("app", json!({"functionTimeout": "00:00:01"}), &functions);
        let host = start(vec![app.with_setting("ANSWERS", answers.to_string())]).await;
        host.ready("app").await.unwrap();
        let pid = host.pid("app").unwrap();
        let urls = ["empty", "nothing", "patient"].map(|name| host.url(name).unwrap());
        let replies = futures_util::future::join_all(urls.iter().map(|url| post(url, "{}"))).await;
        assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [500, 500, 500]);
        host.line_with("app", "A function timeout has occurred. Restarting worker process").await.unwrap();
        assert_eq!(post(&host.url("hello").unwrap(), "{}").await.status, 200);
        assert_ne!(host.pid("app").unwrap(), pid);
        assert_eq!(seen(&host, "app").await.len(), 1, "a new process");
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn in_flight_work_is_lost_when_the_handler_is_killed() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[("patient", http(&[])), ("nightly", timer())]);
        let answers = json!({"/patient": {"hang": true}, "/nightly": {"hang": true}});
        let host = start(vec![app.with_setting("ANSWERS", answers.to_string())]).await;
        let url = host.url("patient").unwrap();
        let caller = tokio::spawn(async move { post(&url, "{}").await.status });
        let run = async {
            host.line_with("app", "hanging /patient").await.unwrap();
            host.line_with("app", "hanging /nightly").await.unwrap();
            host.kill("app").await.unwrap();
        };
        let (result, ()) = tokio::join!(host.fire_timer("app", "nightly"), run);
        assert!(!result.unwrap().is_success());
        assert_eq!(caller.await.unwrap(), 500);
        host.stop().await;
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn stopping_the_host_leaves_no_handler_behind() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", json!({}), &[("hello", http(&[]))])]).await;
        host.ready("app").await.unwrap();
        let process = format!("/proc/{}/stat", host.pid("app").unwrap().unwrap());
        let is_there = cfg!(target_os = "linux") && std::fs::exists(&process).unwrap();
        host.stop().await;
        assert!(is_there || !cfg!(target_os = "linux"));
        assert!(!std::fs::exists(&process).unwrap());
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_binary_shows_urls_key_and_lines_and_takes_its_handlers_along() {
    in_time(async {
        use std::process::Stdio;
        use tokio::io::{AsyncBufReadExt as _, BufReader};
        use tokio::process::Command;
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[("hello", http(&["get"])), ("nightly", timer())]);
        let mut binary = Command::new(env!("CARGO_BIN_EXE_functions-host"));
        binary.arg("--app").arg(&app.dir).args(["--listen", "127.0.0.1:0", "--key", "open-sesame"]);
        let mut running = binary.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let mut shown = Vec::new();
        let is_last = |line: &str| line.contains("Worker process started and initialized.");
        while shown.last().is_none_or(|line: &String| !is_last(line)) {
            shown.push(lines.next_line().await.unwrap().unwrap());
        }
        let url = shown.iter().find_map(|line| line.strip_prefix("    hello: [GET] ")).unwrap();
        assert!(shown.iter().any(|line| line == "    nightly: timerTrigger, 0 0 2 1 1 *"));
        assert!(shown.iter().any(|line| line.ends_with("?code=: open-sesame")));
        assert!(
            shown
                .iter()
                .any(|line| line.contains("[app] Information Host.Function.Console: echo-handler is up"))
        );
        assert_eq!(call(Method::GET, url).await.status, 200);
        let id = running.id().unwrap().to_string();
        assert!(Command::new("kill").arg(id).status().await.unwrap().success());
        assert!(running.wait().await.unwrap().success());
        assert!(lines.next_line().await.unwrap().is_some(), "the invocation was shown");
        while lines.next_line().await.unwrap().is_some() {}
    })
    .await;
}
