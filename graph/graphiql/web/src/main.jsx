import React from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import 'graphiql/graphiql.css';
import './page.css';
import { examples } from './examples.js';
import { follow, streams } from './follow.js';

// `berdaya dev` prints links that end in #token=…; what follows # never reaches a server. The token stays with this browser
// tab, and out of the address.
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem('token', given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem('token');
}

const token = takeToken();
const headers = JSON.stringify({ Authorization: 'Bearer ' + (token ?? '…') }, null, 2);

// A tab that was kept from an earlier visit may have lost its headers: then the token of this visit counts.
function authorized(given) {
  const wanted = { ...given };
  const name = Object.keys(wanted).find((k) => k.toLowerCase() === 'authorization');
  if (token && !name) {
    wanted.Authorization = 'Bearer ' + token;
  } else if (name && wanted[name].endsWith('…')) {
    delete wanted[name]; // the placeholder: nobody has signed in
  }
  return wanted;
}

async function fetcher(request, options) {
  if (streams(request, options?.documentAST)) {
    return follow('/graphql', authorized(options?.headers), request);
  }
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { Accept: 'application/graphql-response+json', ...authorized(options?.headers), 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
  return response.json();
}

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    headers={headers}
    defaultHeaders={headers}
    defaultTabs={examples.map((example) => ({ ...example, headers }))}
    defaultEditorToolsVisibility={token ? 'variables' : 'headers'}
    isHeadersEditorEnabled
    shouldPersistHeaders={false}
  />,
);
