// Runs in a page of the tenant's own site: tries every host by every route that a page has. Gives the number of tries.
async (hosts, port, stun) => {
  const limit = 8000;
  const patiently = (work) =>
    Promise.race([work, new Promise((done) => setTimeout(() => done('late'), limit))]).catch((error) => error.name);
  const element = (name, prepare) =>
    new Promise((done) => {
      const element = document.createElement(name);
      element.onload = element.onerror = () => {
        element.remove();
        done('done');
      };
      prepare(element);
      document.body.append(element);
    });
  const hint = (rel, href) => {
    const link = document.createElement('link');
    Object.assign(link, { rel, href });
    document.head.append(link);
    return Promise.resolve();
  };
  const socket = (url) =>
    new Promise((done) => {
      const socket = new WebSocket(url);
      socket.onopen = socket.onerror = () => done(socket.readyState);
    });
  const ask = (worker, url) =>
    new Promise((done) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = (event) => done(event.data);
      worker.postMessage(url, [channel.port2]);
    });
  await navigator.serviceWorker.register('/service-worker.js');
  const service = (await navigator.serviceWorker.ready).active;
  const dedicated = new Worker('/worker.js');
  const at = (host, path) => `http://${host}:${port}/${path}`;
  const routes = {
    fetch: (host) => fetch(at(host, 'fetch'), { mode: 'no-cors' }),
    image: (host) => element('img', (image) => (image.src = at(host, 'image'))),
    script: (host) => element('script', (script) => (script.src = at(host, 'script'))),
    style: (host) => element('link', (link) => Object.assign(link, { rel: 'stylesheet', href: at(host, 'style') })),
    frame: (host) => element('iframe', (frame) => (frame.src = at(host, 'frame'))),
    redirect: (host) => fetch(`/redirect?to=${at(host, 'redirect')}`, { mode: 'no-cors' }),
    socket: (host) => socket(`ws://${host}:${port}/socket`),
    tls: (host) => socket(`wss://${host}:${port}/tls`),
    events: (host) =>
      new Promise((done) => {
        const source = new EventSource(at(host, 'events'));
        source.onopen = source.onerror = () => done(source.close());
      }),
    beacon: (host) => Promise.resolve(navigator.sendBeacon(at(host, 'beacon'), 'x')),
    worker: (host) => ask(dedicated, at(host, 'worker')),
    service: (host) => ask(service, at(host, 'service')),
    preconnect: (host) => hint('preconnect', at(host, '')),
    secure: (host) => hint('preconnect', `https://${host}:${port}/`),
    prefetch: (host) => hint('prefetch', at(host, 'prefetch')),
    resolve: (host) => hint('dns-prefetch', `//${host}:${port}/`),
    // A download that is led elsewhere becomes a navigation of its own frame.
    download: (host) => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const link = frame.contentDocument.createElement('a');
      Object.assign(link, { href: `${location.origin}/redirect?to=${at(host, 'download')}`, download: 'x' });
      frame.contentDocument.body.append(link);
      link.click();
      return Promise.resolve();
    },
    stun: stun && (async (host) => {
      const urls = [`stun:${host}:${port}`, `turn:${host}:${port}?transport=tcp`, `turn:${host}:${port}`];
      const peer = new RTCPeerConnection({ iceServers: [{ urls, username: 'u', credential: 'c' }] });
      peer.createDataChannel('x');
      peer.onicecandidate = (event) => event.candidate?.candidate && candidates.push(event.candidate.candidate);
      const gathered = new Promise((done) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done();
      });
      await peer.setLocalDescription(await peer.createOffer());
      await gathered;
      peer.close();
    }),
  };
  const candidates = [];
  const tries = hosts.flatMap((host) => Object.entries(routes).filter(([, route]) => route).map((pair) => [host, ...pair]));
  const outcomes = {};
  const work = tries.slice();
  const runner = async () => {
    for (let next; (next = work.pop()); ) {
      const [host, name, route] = next;
      let work;
      try {
        work = route(host);
      } catch (error) {
        work = Promise.resolve(error.name);
      }
      if ((await patiently(work)) === 'late') (outcomes[name] ??= []).push(host);
    }
  };
  await Promise.all(Array.from({ length: 12 }, runner));
  return { tries: tries.length, routes: Object.keys(routes).length, late: outcomes, candidates };
}
