// A subscription is answered by server-sent events: gives an answer for each, and stops asking when nobody wants more.
export function follow(url, headers, request) {
  const stop = new AbortController();
  const answers = read(url, headers, request, stop.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => answers.next(),
    return: () => {
      stop.abort();
      return answers.return();
    },
  };
}

async function* read(url, headers, request, signal) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, Accept: 'text/event-stream', 'Content-Type': 'application/json' },
      body: JSON.stringify(request),
      signal,
    });
    if (!response.headers.get('Content-Type').startsWith('text/event-stream')) {
      yield response.json();
      return;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      const events = (rest + value).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        const line = (name) => event.split('\n').find((l) => l.startsWith(name + ': '))?.slice(name.length + 2);
        if (line('event') === 'complete') {
          return;
        }
        if (line('event') === 'next') {
          yield JSON.parse(line('data'));
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

// streams tells whether the operation that a request names is a subscription.
export function streams(request, document) {
  const operations = document?.definitions.filter((d) => d.kind === 'OperationDefinition') ?? [];
  const chosen = operations.find((o) => o.name?.value === request.operationName) ?? operations[0];
  return chosen?.operation === 'subscription';
}
