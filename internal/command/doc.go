// Package command carries out a command exactly once.
//
// A line in a village fails after the server has done the work and before the answer is there. The client then sends the
// same command again, and must get the same outcome, not a second programme. So a command may carry a key, made by the
// client and unique among all keys of its actor. When the command's transaction commits, its outcome is remembered under
// that key: the code, the ids of what came of it and the version, never an answer's JSON, because the answer is read anew.
//
//   - The same key with the same input gives the remembered outcome, and nothing is done again.
//   - The same key with another input, or for another command, is IDEMPOTENCY_MISMATCH.
//   - A command that failed is not remembered: once what was wrong is put right, the same key may be used again.
//   - Of two commands with one key at the same time one is carried out, and both get its outcome.
//   - Outcomes are remembered for ninety days ([KeptFor]); a job ([Forgetting]) removes older ones, but for those of moves that
//     a bulk move is yet to take down.
//
// # How a use case takes part
//
// A use case has a small store interface of its own, which embeds [Store]; package db implements all of them. The
// transaction travels in the context: whatever store method is called with the context that fn receives belongs to the
// transaction, and a method called with any other context does not. No use case ever holds a handle of the database.
//
//	type Store interface {
//		command.Store
//		InsertNeed(ctx context.Context, n *domain.Need) error
//	}
//
//	c := command.Command{Actor: actor.Subject, Key: in.Key, Name: "createNeed", Input: in.Canonical()}
//	out, err := command.Run(ctx, store, c, func(ctx context.Context) (command.Outcome, error) {
//		if err := store.InsertNeed(ctx, need); err != nil {
//			return command.Outcome{}, err
//		}
//		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{need.ID}}, nil
//	})
//
// What fn does may be rolled back and tried again when PostgreSQL reports a serialisation failure or a deadlock, so fn
// must have no effects but those of the store, and must set what it gives back each time it runs.
//
// A use case that decides outside a transaction, as moving a programme does while the rules think, calls [Recall] first and
// hands the [Record] of [Command.Record] to its own writing statement.
//
// # Why no claim is written first
//
// The outcome is written last, in the same transaction as what was done, and the table's primary key is the judge: the
// second of two commands with one key waits for the first there, is rolled back, and is then answered from what the first
// has left. It costs one lookup and one insert, and leaves nothing to clean up after a crash. The second may also fail
// earlier for a reason that the first has caused, such as ALREADY_EXISTS; therefore Run looks once more before it reports
// any failure.
package command
