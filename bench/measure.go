package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/shapes"
)

// drawSeed has every run draw the same variables from the same portfolio.
const drawSeed = 3

// measure does all that the command promises.
func measure(ctx context.Context, say io.Writer, o options) error {
	chosen, titles, err := chooseShapes(o.shapes)
	if err != nil {
		return err
	}
	g, err := prepare(ctx, o.data)
	if err != nil {
		return err
	}
	defer g.close()
	binary, dsn, reader, err := g.nation(ctx, say, o.part)
	if err != nil {
		return err
	}
	limitBinary, err := build(ctx, g.module, g.built, "./bench/limit")
	if err != nil {
		return err
	}
	limit, err := limitServer(ctx, limitBinary, g.built, dsn, "berdaya")
	if err != nil {
		return err
	}
	defer limit.stop()
	server, err := berdayaServer(ctx, "berdaya", binary, g.built, dsn, reader)
	if err != nil {
		return err
	}
	defer server.stop()
	draw, err := pick(ctx, dsn)
	if err != nil {
		return err
	}
	c := contest{peers: []*peer{limit, server}}
	if o.beside != "" {
		other, err := berdayaServer(ctx, "beside", o.beside, g.built, dsn, reader)
		if err != nil {
			return err
		}
		defer other.stop()
		c.peers = append(c.peers, other)
	}
	if c.database, err = postmaster(ctx, dsn); err != nil {
		return err
	}
	if err := c.compose(draw, chosen); err != nil {
		return err
	}
	if err := c.check(say); err != nil {
		return err
	}
	all, err := c.rounds(ctx, say, o)
	if err != nil {
		return err
	}
	table(say, all, c.shapes, titles, c.names())
	if err := keep(say, o.out, all); err != nil {
		return err
	}
	var slow []int
	for i, name := range c.shapes {
		if r := load.Beside(of(all, server.name, name), of(all, limit.name, name)); r.Median < o.below {
			slow = append(slow, i)
		}
	}
	if len(slow) == 0 {
		return nil
	}
	server.stop()
	return c.profile(ctx, say, g.module, g.built, dsn, reader, slow, o)
}

// chooseShapes gives the shapes of these names, all where none is named.
func chooseShapes(names []string) (chosen []shapes.Shape, titles map[string]string, err error) {
	titles = map[string]string{}
	for _, s := range shapes.All {
		titles[s.Name] = s.Title
		if len(names) == 0 || slices.Contains(names, s.Name) {
			chosen = append(chosen, s)
		}
	}
	if len(names) > 0 && len(chosen) != len(names) {
		return nil, nil, fmt.Errorf("--shapes takes any of One, Fifty, Nested, Board and Deep, each once")
	}
	return chosen, titles, nil
}

// pick draws what is asked for, from tables that nothing works on in the background any more.
func pick(ctx context.Context, dsn string) (*shapes.Draw, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	if err := calm(ctx, pool); err != nil {
		return nil, err
	}
	return shapes.Pick(ctx, pool, drawSeed)
}

// compose writes the requests of the limit server and of Berdaya, which differ in cursors alone.
func (c *contest) compose(draw *shapes.Draw, chosen []shapes.Shape) error {
	c.bodies = map[string][][][]byte{}
	for _, s := range chosen {
		c.shapes = append(c.shapes, s.Name)
		var open, sealed []string
		if s.Name == "Deep" {
			for _, p := range draw.Places() {
				open = append(open, shapes.OpenCursor(p))
				cursor, err := shapes.SealedCursor(c.peers[1].ask, p)
				if err != nil {
					return err
				}
				sealed = append(sealed, cursor)
			}
		}
		for i := range c.peers {
			cursors := sealed
			if i == 0 {
				cursors = open
			}
			bodies, err := draw.Bodies(s, cursors)
			if err != nil {
				return err
			}
			c.bodies[s.Name] = append(c.bodies[s.Name], bodies)
		}
	}
	return nil
}
