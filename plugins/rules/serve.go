package rules

import (
	"context"
	"log/slog"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// Handshake is what Berdaya and a rule set tell each other first, so that a rule set started by hand says what it is instead
// of waiting. The cookie is no secret.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  Contract,
	MagicCookieKey:   "BERDAYA_RULES",
	MagicCookieValue: "5d0b1d8e-musyawarah",
}

// PluginName is the one name in a rule set's plugin table.
const PluginName = "rules"

// Client is the plugin table for whoever starts rule sets; what it dispenses is a [grpc.ClientConnInterface] to them.
func Client() plugin.PluginSet { return plugin.PluginSet{PluginName: &wire{}} }

// Serve serves a rule set to the Berdaya that started this process, and returns when it is told to stop. Call it from main,
// and write nothing to standard output before it. Started by anybody else, it says so and exits with status 1.
func Serve(set RuleSet) { ServeMany(always(set), nil) }

// ServeMany is [Serve] for a program that serves many rule sets, told apart by the revision in each request. register, if it is
// not nil, adds services of the program's own beside the contract's.
func ServeMany(sets Sets, register func(grpc.ServiceRegistrar)) {
	stderr := os.Stderr // Serve below puts a pipe of its own in its place
	slog.SetDefault(slog.New(slog.NewJSONHandler(stderr, nil)))
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: Handshake,
		Plugins:         plugin.PluginSet{PluginName: &wire{sets: sets, register: register}},
		GRPCServer:      newServer,
		Logger:          hclog.New(&hclog.LoggerOptions{Output: stderr, Level: hclog.Warn}),
	})
}

// wire fits the contract into go-plugin, which the contract itself knows nothing of.
type wire struct {
	plugin.NetRPCUnsupportedPlugin
	sets     Sets // nil on Berdaya's side
	register func(grpc.ServiceRegistrar)
}

func (w *wire) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	rulespb.RegisterRulesServer(s, &server{sets: w.sets})
	if w.register != nil {
		w.register(s)
	}
	return nil
}

func (w *wire) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}
