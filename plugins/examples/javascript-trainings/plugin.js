// Serves a rule set to the Berdaya that started this process. Nothing here knows any rule; copy it as it is.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import protoLoader from '@grpc/proto-loader'
import { answers, configured, described, plans } from './ruleset.js'

const MiB = 1024 * 1024
const CONTRACT = '1'

// log writes one JSON object a line on standard error; Berdaya passes it on to its own log. Standard output is for the handshake.
export function log(level, msg, more = {}) {
  process.stderr.write(JSON.stringify({ time: new Date().toISOString(), level, msg, ...more }) + '\n')
}

// load reads a .proto beside this file. Names stay as they are in the contract, and 64-bit numbers come as text.
function load(name) {
  const file = fileURLToPath(new URL(name, import.meta.url))
  return grpc.loadPackageDefinition(protoLoader.loadSync(file, { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }))
}

// unary makes a handler of a function from a request to an answer. An error with a `code` is answered with that code.
const unary = (answer) => (call, done) => {
  try {
    done(null, answer(call.request))
  } catch (fault) {
    if (fault.code === undefined) log('ERROR', 'a call failed', { fault: fault.stack })
    done({ code: fault.code ?? grpc.status.INTERNAL, details: fault.message })
  }
}

// serve serves the rule set, and ends the process when Berdaya asks for it.
export function serve(set) {
  if (process.env.BERDAYA_RULES !== '5d0b1d8e-musyawarah' || !(process.env.PLUGIN_PROTOCOL_VERSIONS ?? '').split(',').includes(CONTRACT)) {
    process.stderr.write('This is a rule set. Berdaya starts it; to try it out, run: berdaya plugin check .\n')
    process.exit(1)
  }
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 16 * MiB, 'grpc.max_send_message_length': 4 * MiB })
  server.addService(load('rules.proto').berdaya.rules.v1.Rules.service, {
    Describe: unary(() => described(set)),
    Configure: unary(({ region, parameters }) => {
      try {
        configured(set, region, parameters)
      } catch (fault) {
        throw Object.assign(fault, { code: grpc.status.INVALID_ARGUMENT })
      }
      return {}
    }),
    Evaluate: unary(({ questions }) => ({ answers: answers(set, questions, (code, fault) => log('ERROR', 'a rule broke down', { rule: code, fault: fault.stack })) })),
    Plan: unary(({ questions }) => ({ plans: plans(set, questions) })),
    Health: unary(() => ({ serving: true })),
  })
  server.addService(load('health.proto').grpc.health.v1.Health.service, { Check: unary(() => ({ status: 'SERVING' })) })
  server.addService(load('plugin.proto').plugin.GRPCController.service, {
    Shutdown: (_, done) => {
      done(null, {})
      server.tryShutdown(() => process.exit(0))
      setTimeout(() => process.exit(0), 500) // streams that are open would keep it
    },
  })
  // The handshake: version of the handshake, version of the contract, where we listen, and how. Without a certificate after it we
  // are asked without TLS: the socket lies in a folder that only our own user can enter.
  const socket = join(process.env.PLUGIN_UNIX_SOCKET_DIR ?? tmpdir(), 'rules.sock')
  server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (fault) => {
    if (fault) {
      log('ERROR', 'the socket cannot be opened', { fault: fault.message })
      process.exit(1)
    }
    process.stdout.write(`1|${CONTRACT}|unix|${socket}|grpc\n`)
  })
}
