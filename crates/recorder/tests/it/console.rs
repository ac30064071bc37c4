//! Console lines, exceptions, and what the browser logs.

use hangar_domain::timeline::{Console, Event, Level};

use crate::world::World;

fn lines(world: &World) -> Vec<Console> {
    let lines = world.events().into_iter().filter_map(|event| match event {
        Event::Console(console) if console.source == "console-api" => Some(console),
        _ => None,
    });
    lines.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_have_level_text_source_and_stack() {
    let page = "<script>
function inner() { console.warn('careful', {a: 1, b: 'x'}, [1, 2]); }
function outer() { inner(); }
console.log('one %s', 'two', 3); console.info('i'); console.debug('d'); console.error(new Error('bad').message); outer();
</script>";
    let world = World::site(&[("/page", "text/html", page)]).await;
    let tab = world.client.page(&world.site.url("/page")).await;
    world.flush().await;
    let lines = lines(&world);
    let said: Vec<_> = lines.iter().map(|line| (line.level, line.text.as_str())).collect();
    let expected = [
        (Level::Log, "one two 3"),
        (Level::Info, "i"),
        (Level::Debug, "d"),
        (Level::Error, "bad"),
        (Level::Warn, r#"careful {a: 1, b: "x"} [1, 2]"#),
    ];
    assert_eq!(said, expected);
    let warned = lines.last().unwrap();
    let calls: Vec<&str> = warned.stack.iter().map(|call| call.function.as_str()).collect();
    assert_eq!(calls, ["inner", "outer", ""]);
    assert_eq!((warned.line, warned.page.as_deref()), (Some(1), Some(tab.target.as_str())));
    assert_eq!(warned.url.as_deref(), Some(world.site.url("/page").as_str()));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exceptions_rejections_and_failed_loads_are_told() {
    let page = "<script>Promise.reject(new TypeError('nope'))</script><img src='/status?code=404'><script>
function thrower() { throw new RangeError('too far'); } thrower();</script>";
    let world = World::site(&[("/page", "text/html", page)]).await;
    world.client.page(&world.site.url("/page")).await;
    let thrown = world
        .until("the exception", |event| match event {
            Event::Exception(exception) if exception.text.contains("too far") => Some(exception.clone()),
            _ => None,
        })
        .await;
    assert_eq!(thrown.text, "Uncaught RangeError: too far");
    assert_eq!(thrown.stack[0].function, "thrower");
    let rejected =
        |event: &Event| matches!(event, Event::Exception(e) if e.text.contains("TypeError: nope")).then_some(());
    world.until("the rejection", rejected).await;
    let logged = |event: &Event| match event {
        Event::Console(line) if line.source == "network" => Some(line.clone()),
        _ => None,
    };
    let logged = world.until("the log entry", logged).await;
    assert!(logged.text.contains("404") && logged.level == Level::Error, "{logged:#?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_and_a_popup_are_heard_from_their_first_line() {
    let pages = [
        ("/worker.js", "text/javascript", "console.log('from the worker')"),
        ("/popup", "text/html", "<script>console.log('from the popup')</script>"),
    ];
    let world = World::site(&pages).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.client.evaluate(&tab, "new Worker('/worker.js'), open('/popup'), 1").await;
    for text in ["from the worker", "from the popup"] {
        world.until(text, |event| matches!(event, Event::Console(line) if line.text == text).then_some(())).await;
    }
    let popup = lines(&world).into_iter().find(|line| line.text == "from the popup").unwrap().page.unwrap();
    assert_ne!(popup, tab.target);
    let worker = lines(&world).into_iter().find(|line| line.text == "from the worker").unwrap().page;
    assert_eq!(worker.as_deref(), Some(tab.target.as_str()));
    world.finish().await;
}
