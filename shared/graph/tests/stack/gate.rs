//! Who waits, for how long, and who goes first.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use graph::stack::{Gate, Lane, Retry, TenantSize};
use graph::{Call, Path, Priority, Request, Response};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use crate::captured::captured;
use crate::mock::{Log, answer, calls, reading, service, writing};

fn policies() -> Call {
    Call::new(Request::get(Path::new("/identity/conditionalAccess/policies")))
}

fn bulk(call: Call) -> Call {
    Call { priority: Priority::Bulk, ..call }
}

fn targets(log: &Log<Call>) -> Vec<String> {
    log.all().iter().map(|call| call.request.target()).collect()
}

/// The most that went in any `window` of milliseconds.
fn most_within(window: u64, times: &[u64]) -> usize {
    let within = |(place, start): (usize, &u64)| times.partition_point(|at| *at < start + window) - place;
    times.iter().enumerate().map(within).max().unwrap()
}

/// Answers 429 with these headers to what is called `throttled`, and 200 to everything else.
fn throttling(headers: &'static [(&str, &str)]) -> impl Fn(&Call, usize) -> Result<Response, graph::Error> {
    |call, _| match call.request.target().ends_with("/throttled") {
        true => Ok(answer(429, headers)),
        false => Ok(answer(200, &[])),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_told_to_wait_closes_the_gate_for_its_workload_only() {
    let (below, log) = calls(throttling(&[("retry-after", "12")]));
    let gate = Gate::over(below, TenantSize::S);
    assert_eq!(gate.clone().oneshot(reading("throttled")).await.unwrap().status, 429);
    let others = [reading("1"), writing("2"), policies()];
    join_all(others.map(|call| gate.clone().oneshot(call))).await;
    assert_eq!(targets(&log)[1], "/identity/conditionalAccess/policies");
    assert_eq!(log.times(), [0, 0, 12_000, 12_000]);
}

#[tokio::test(start_paused = true)]
async fn a_narrow_lane_lets_only_so_many_be_on_their_way_of_whatever_kind() {
    let (below, log) = service(Duration::from_secs(1), |_: &Call, _| Ok::<_, graph::Error>(answer(200, &[])));
    let gate = Gate::with(below, Lane::narrow("Narrow", 2));
    join_all([reading("1"), writing("2"), policies(), reading("3")].map(|call| gate.clone().oneshot(call)))
        .await;
    assert_eq!(log.times(), [0, 0, 1_000, 1_000]);
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_is_on_its_way_until_the_answer_is_there() {
    let (below, log) = service(Duration::from_secs(1), |_: &Call, _| Ok::<_, graph::Error>(answer(200, &[])));
    let gate = Gate::with(below, Lane::narrow("Narrow", 2));
    let begin = |call| Box::pin(gate.clone().oneshot(call));
    let mut gone = [reading("1"), reading("2"), reading("3")].map(begin);
    for call in &mut gone {
        assert!(poll!(call).is_pending());
    }
    sleep(Duration::from_millis(500)).await;
    drop(gone);
    begin(reading("4")).await.unwrap();
    assert_eq!(log.times(), [0, 0, 1_000]);
    assert!(targets(&log)[2].ends_with("/4"), "who was in line is not sent");
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_to_who_went_away_closes_the_lane_all_the_same() {
    let (below, log) = service(Duration::from_secs(1), |_: &Call, place| match place {
        0 => Ok::<_, graph::Error>(answer(429, &[("retry-after", "12")])),
        _ => Ok(answer(200, &[])),
    });
    let gate = Gate::with(below, Lane::narrow("Narrow", 1));
    let gone = tokio::time::timeout(Duration::from_millis(500), gate.clone().oneshot(reading("1"))).await;
    assert!(gone.is_err());
    gate.oneshot(reading("2")).await.unwrap();
    assert_eq!(log.times(), [0, 13_000]);
}

#[tokio::test(start_paused = true)]
async fn nonsense_in_a_header_stops_nothing() {
    let nonsense: [&[(&str, &str)]; 4] = [
        &[("x-ms-resource-unit", "inf")],
        &[("x-ms-resource-unit", "NaN")],
        &[("x-ms-resource-unit", "1e18")],
        &[("x-ms-throttle-limit-percentage", "NaN")],
    ];
    for headers in nonsense {
        let (below, log) = calls(move |_, _| Ok(answer(200, headers)));
        let gate = Gate::over(below, TenantSize::S);
        for _ in 0..3 {
            assert_eq!(gate.clone().oneshot(reading("1")).await.unwrap().status, 200);
        }
        assert_eq!(log.times(), [0, 0, 0], "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_all_measure_is_told_as_a_day() {
    let (below, log) = calls(throttling(&[("retry-after", "9999999999999999999")]));
    let retry = Retry::over(Gate::over(below, TenantSize::S));
    for name in ["throttled", "1"] {
        let told = retry.clone().oneshot(reading(name)).await.unwrap();
        assert_eq!((told.status, told.retry_after()), (429, Some(Duration::from_secs(86_400))));
    }
    assert_eq!(log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_counts() {
    let (below, log) = service(Duration::from_millis(10), |_: &Call, place| {
        Ok::<_, graph::Error>(match place {
            0 => answer(429, &[("retry-after", "9")]),
            1 => answer(503, &[("retry-after", "4")]),
            _ => answer(200, &[]),
        })
    });
    let gate = Gate::over(below, TenantSize::S);
    join_all(["1", "2"].map(|name| gate.clone().oneshot(reading(name)))).await;
    gate.oneshot(reading("3")).await.unwrap();
    assert_eq!(log.times()[2], 9_010);
}

#[tokio::test(start_paused = true)]
async fn without_retry_after_the_wait_doubles_until_a_call_succeeds() {
    let statuses = [429, 429, 429, 200, 429, 200];
    let (below, log) = calls(move |_, place| Ok(answer(statuses[place], &[])));
    let gate = Gate::over(below, TenantSize::S);
    for _ in statuses {
        gate.clone().oneshot(reading("1")).await.unwrap();
    }
    assert_eq!(log.times(), [0, 1_000, 3_000, 7_000, 7_000, 8_000]);
}

#[tokio::test(start_paused = true)]
async fn a_503_that_does_not_say_how_long_closes_nothing() {
    let (below, log) = calls(|_, place| Ok(answer(if place == 0 { 503 } else { 200 }, &[])));
    let gate = Gate::over(below, TenantSize::S);
    for _ in 0..2 {
        gate.clone().oneshot(reading("1")).await.unwrap();
    }
    assert_eq!(log.times(), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_impatient_call_is_turned_away_at_once() {
    let (below, log) = calls(throttling(&[("retry-after", "12")]));
    let gate = Gate::over(below, TenantSize::S);
    gate.clone().oneshot(reading("throttled")).await.unwrap();
    let begun = Instant::now();
    let got = gate.oneshot(Call { patience: Duration::from_secs(11), ..reading("1") }).await.unwrap();
    assert_eq!((got.status, got.retry_after(), log.len()), (429, Some(Duration::from_secs(12)), 1));
    assert!(begun.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn who_waits_already_is_turned_away_when_the_gate_closes_for_longer() {
    let (below, log) = service(Duration::from_millis(100), |call: &Call, _| {
        let asked = if call.request.target().ends_with("/long") { "50" } else { "5" };
        Ok::<_, graph::Error>(answer(429, &[("retry-after", asked)]))
    });
    let gate = Gate::over(below, TenantSize::S);
    let late = async {
        sleep(Duration::from_millis(50)).await;
        gate.clone().oneshot(reading("long")).await
    };
    let waiting = async {
        sleep(Duration::from_millis(120)).await;
        let begun = Instant::now();
        let got = gate.clone().oneshot(Call { patience: Duration::from_secs(20), ..reading("1") }).await;
        (got.unwrap().status, begun.elapsed())
    };
    let (_, _, turned_away) = futures_util::join!(gate.clone().oneshot(reading("short")), late, waiting);
    assert_eq!(turned_away, (429, Duration::from_millis(30)));
    assert_eq!(log.len(), 2);
}

fn report() -> Call {
    Call::new(Request::get(Path::new("/reports/getOffice365ActiveUserDetail(period='D7')")))
}

#[tokio::test(start_paused = true)]
async fn a_call_beyond_a_slow_quota_is_told_at_once_how_long_it_would_take() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::S);
    let begun = Instant::now();
    let answers = join_all((0..6).map(|_| gate.clone().oneshot(report()))).await;
    let told = answers[5].as_ref().unwrap();
    assert_eq!((told.status, log.len(), begun.elapsed()), (429, 5, Duration::ZERO));
    let wait = told.retry_after().unwrap();
    assert!((96..=98).contains(&wait.as_secs()), "{wait:?}");
    assert!(told.body["error"]["message"].as_str().unwrap().contains(" 97 s"), "{told:?}");
    let patient = Call { patience: wait, ..report() };
    assert_eq!(gate.oneshot(patient).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn those_who_go_first_count_and_those_who_went_away_do_not() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::S);
    let patience = Duration::from_secs(10);
    let mut crowd: Vec<_> = (0..9).map(|_| Box::pin(gate.clone().oneshot(policies()))).collect();
    for call in &mut crowd {
        let _ = poll!(call);
    }
    let ask = |call: Call| gate.clone().oneshot(Call { patience, ..call });
    let told = ask(bulk(policies())).await.unwrap();
    assert_eq!((told.status, log.len()), (429, 1));
    assert!((11..=12).contains(&told.retry_after().unwrap().as_secs()), "{told:?}");
    drop(crowd);
    assert_eq!(ask(bulk(policies())).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_impatient_write_is_told_how_long_the_writes_before_it_take() {
    let (below, _) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::L);
    let write = |seconds| Call { patience: Duration::from_secs(seconds), ..writing("w") };
    let before = join_all((0..1_300).map(|_| gate.clone().oneshot(write(600))));
    let late = async {
        let begun = Instant::now();
        (gate.clone().oneshot(write(10)).await.unwrap(), begun.elapsed())
    };
    let (_, (told, after)) = futures_util::join!(before, late);
    // 1,200 may go at once, and 8 a second after that.
    let wait = told.retry_after().map(|wait| wait.as_secs());
    assert_eq!((told.status, wait, after), (429, Some(13), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_writes_turns_no_impatient_read_away() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::S);
    let write = || Call { patience: Duration::from_secs(600), ..writing("w") };
    let writes = join_all((0..4_000).map(|_| gate.clone().oneshot(write())));
    let read = gate.clone().oneshot(Call { patience: Duration::from_secs(8), ..reading("r") });
    let (_, read) = futures_util::join!(writes, read);
    assert_eq!((read.unwrap().status, log.len()), (200, 4_001));
}

#[tokio::test(start_paused = true)]
async fn what_a_call_waited_here_is_taken_off_its_patience() {
    let (below, log) = calls(throttling(&[("retry-after", "12")]));
    let gate = Gate::over(below, TenantSize::S);
    for name in ["throttled", "1"] {
        gate.clone().oneshot(reading(name)).await.unwrap();
    }
    let patience: Vec<_> = log.all().iter().map(|call| call.patience.as_secs()).collect();
    assert_eq!(patience, [60, 48]);
}

#[tokio::test(start_paused = true)]
async fn calls_stay_below_the_quota_in_any_window() {
    let users =
        || Call { patience: Duration::from_secs(600), ..Call::new(Request::get(Path::new("/users"))) };
    for (size, quota) in [(TenantSize::S, 3_500), (TenantSize::M, 5_000), (TenantSize::L, 8_000)] {
        let (below, log) = calls(|_, _| Ok(answer(200, &[])));
        let gate = Gate::over(below, size);
        join_all((0..6_000).map(|_| gate.clone().oneshot(users()))).await;
        let units = 2 * most_within(10_000, &log.times());
        assert!(units <= quota * 8 / 10 && units >= quota * 7 / 10, "{units} of {quota}");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_have_a_quota_of_their_own_that_holds_up_no_read() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::L);
    let patient = |call| Call { patience: Duration::from_secs(600), ..call };
    let writes = (0..4_000).map(|_| patient(writing("w")));
    let all = writes.chain([patient(reading("r"))]);
    join_all(all.map(|call| gate.clone().oneshot(call))).await;
    let read = targets(&log).iter().position(|target| target.ends_with("/r")).unwrap();
    let waited = log.times()[read];
    assert!(waited < 1_000, "{waited} ms, behind the writes that could go at once");
    let most = most_within(150_000, &log.times());
    assert!((2_000..=2_401).contains(&most), "{most} writes of 3,000, and the read");
}

#[tokio::test(start_paused = true)]
async fn conditional_access_is_asked_less_than_once_a_second() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::L);
    join_all((0..20).map(|_| gate.clone().oneshot(policies()))).await;
    assert_eq!(most_within(1_000, &log.times()), 1);
    assert!(log.times()[19] < 26_000, "{:?}", log.times());
}

#[tokio::test(start_paused = true)]
async fn interactive_calls_go_before_bulk() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::S);
    let crowd = (0..10).map(|_| bulk(policies()));
    let urgent = Call::new(Request::get(Path::new("/identity/conditionalAccess/namedLocations")));
    join_all(crowd.chain([urgent]).map(|call| gate.clone().oneshot(call))).await;
    assert_eq!(targets(&log)[1], "/identity/conditionalAccess/namedLocations");
}

#[tokio::test(start_paused = true)]
async fn a_cheap_bulk_call_does_not_slip_past_a_dear_interactive_one() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::S);
    let crowd = (0..1_000).map(|_| bulk(reading("1")));
    let dear = Call::new(Request::get(Path::new("/groups/1/transitiveMembers")));
    join_all(crowd.chain([dear]).map(|call| gate.clone().oneshot(call))).await;
    let place = targets(&log).iter().position(|target| target.ends_with("Members")).unwrap();
    assert_eq!(place, 350, "right after the burst");
}

#[tokio::test(start_paused = true)]
async fn who_went_away_pays_nothing() {
    let (below, log) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::S);
    gate.clone().oneshot(policies()).await.unwrap();
    let mut gone = Box::pin(gate.clone().oneshot(policies()));
    assert!(poll!(&mut gone).is_pending());
    drop(gone);
    gate.oneshot(policies()).await.unwrap();
    assert_eq!(log.len(), 2);
    assert!(log.times()[1] < 1_300, "{:?}", log.times());
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_ran_empty_is_served_again_and_the_wait_is_told() {
    let (below, _) = calls(|_, _| Ok(answer(200, &[])));
    let gate = Gate::over(below, TenantSize::S);
    for _ in 0..3 {
        let calls = [policies(), policies()];
        let answers = join_all(calls.clone().map(|call| gate.clone().oneshot(call))).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(Response::is_success)));
        assert!(calls[1].tally.waited() > Duration::from_secs(1), "{:?}", calls[1].tally);
    }
}

/// How long 3,000 reads take once the first answer was this.
async fn time_after(first: fn() -> Response) -> Duration {
    let (below, _) = calls(move |_, place| Ok(if place == 0 { first() } else { answer(200, &[]) }));
    let gate = Gate::over(below, TenantSize::S);
    gate.clone().oneshot(reading("0")).await.unwrap();
    let begun = Instant::now();
    join_all((0..3_000).map(|_| gate.clone().oneshot(reading("1")))).await;
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn answers_steer_the_pace() {
    let plain = time_after(|| answer(200, &[])).await;
    let calm = time_after(|| answer(200, &[("x-ms-throttle-limit-percentage", "0.7")])).await;
    let tight = time_after(|| answer(200, &[("x-ms-throttle-limit-percentage", "0.9")])).await;
    let over = time_after(|| answer(429, &[("retry-after", "0")])).await;
    assert_eq!(calm, plain);
    assert!(tight > plain * 11 / 10, "{tight:?} after {plain:?}");
    assert!(over > tight * 11 / 10, "{over:?} after {tight:?}");
}

#[tokio::test(start_paused = true)]
async fn one_envelope_of_refusals_slows_down_once() {
    let (below, _) = service(Duration::from_millis(10), |_: &Call, place| {
        Ok::<_, graph::Error>(answer(if place < 20 { 429 } else { 200 }, &[("retry-after", "0")]))
    });
    let gate = Gate::over(below, TenantSize::S);
    join_all((0..20).map(|_| gate.clone().oneshot(reading("0")))).await;
    let begun = Instant::now();
    join_all((0..3_000).map(|_| gate.clone().oneshot(reading("1")))).await;
    let once = time_after(|| answer(429, &[("retry-after", "0")])).await;
    assert!(begun.elapsed() < once + once + Duration::from_secs(1), "both runs took {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_a_call_really_cost_corrects_the_estimate() {
    async fn time_at(cost: &'static str) -> Duration {
        let (below, _) = calls(move |_, _| Ok(answer(200, &[("x-ms-resource-unit", cost)])));
        let gate = Gate::over(below, TenantSize::S);
        let begun = Instant::now();
        for _ in 0..2_000 {
            gate.clone().oneshot(reading("1")).await.unwrap();
        }
        begun.elapsed()
    }
    let (cheap, dear) = (time_at("1").await, time_at("3").await);
    assert!(dear > cheap * 3, "{dear:?} against {cheap:?}");
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_closes_says_so_once() {
    let events = captured(async {
        let (below, _) = service(Duration::from_millis(10), throttling(&[("retry-after", "12")]));
        let gate = Gate::over(below, TenantSize::S);
        join_all(["throttled"; 20].map(|name| gate.clone().oneshot(reading(name)))).await;
    })
    .await;
    let closed: Vec<_> = events.iter().filter(|event| event["name"] == "gate.closed").collect();
    assert_eq!(closed.len(), 1, "{events:?}");
    assert_eq!(closed[0]["level"], "INFO");
    assert_eq!(closed[0]["fields"]["workload"], "Directory");
    assert_eq!(closed[0]["fields"]["seconds"], 12.0);
}
