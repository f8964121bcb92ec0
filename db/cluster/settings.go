package cluster

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// socketPort is part of the socket's name, even where no port is listened on.
const socketPort = 5432

// settings gives PostgreSQL's settings for one small machine. They are given at every start rather than written at the
// first, so that a newer Berdaya brings its own.
func settings(o Options, socketDir string) []string {
	listen, port := "", socketPort
	if o.Port != 0 {
		listen, port = "127.0.0.1", o.Port
	}
	s := []string{
		"listen_addresses=" + listen,
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=" + socketDir,
		"unix_socket_permissions=0700",
		"cluster_name=berdaya",
		"max_connections=200",
		"timezone=UTC",
		"log_timezone=UTC",
		"jit=off",              // our queries are short: compiling one costs more than running it
		"random_page_cost=1.1", // solid state disks
		"work_mem=8MB",
		"log_checkpoints=off",
	}
	if o.Fast {
		return append(s, "shared_buffers=64MB", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
			"max_wal_senders=0", "autovacuum_naptime=10min", "min_wal_size=32MB", "max_wal_size=128MB",
			"deadlock_timeout=100ms")
	}
	return append(s, "shared_buffers=256MB", "effective_cache_size=1GB", "wal_compression=on", "max_wal_size=2GB")
}

// environment is ours without what would change PostgreSQL's behaviour behind our back.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "PG") || strings.HasPrefix(s, "LC_") || strings.HasPrefix(s, "LANG")
	})
	return append(env, "LC_ALL=C")
}
