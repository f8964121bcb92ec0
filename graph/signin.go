package graph

import (
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/fault"
	"github.com/berdaya/berdaya/internal/access"
)

// requestIDHeader carries the id of a request, both ways.
const requestIDHeader = "X-Request-Id"

// signIn lets next answer in the name of whoever the request's token stands for, or of nobody where it has none. A token that
// is no good is refused, and not taken for no token. Whoever asks is answered in the language they ask for, otherwise in the
// one they have set; nobody in English.
func signIn(c Config, refuse func(http.ResponseWriter, *http.Request, error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := fault.WithRequest(r.Context(), r.Header.Get(requestIDHeader))
		w.Header().Set(requestIDHeader, fault.RequestID(ctx))
		wished := wishedLocale(r)
		actor, until, err := c.actor(ctx, r)
		if wished != "" {
			actor.Locale = wished
		}
		r = r.WithContext(access.WithActor(context.WithValue(ctx, untilKey{}, until), actor))
		if err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// untilKey is the key of the time at which the request's token expires.
type untilKey struct{}

// lasting gives the context of a request that goes on until its token expires, at the time given with it. Who asks is asked anew
// each time: the language stays, the roles are those that the subject has by then, and whoever is no member any more is nobody.
func (c Config) lasting(ctx context.Context) (context.Context, time.Time) {
	begun := access.FromContext(ctx)
	until, _ := ctx.Value(untilKey{}).(time.Time)
	return access.WithActorNow(ctx, func() access.Actor {
		if !begun.SignedIn() || !time.Now().Before(until) {
			return access.Actor{Locale: begun.Locale}
		}
		ctx, cancel := context.WithTimeout(ctx, resolveBound)
		defer cancel()
		now, err := c.Resolve(ctx, begun.Subject)
		switch {
		case domain.CodeOf(err) == domain.CodeUnauthenticated:
			return access.Actor{Locale: begun.Locale}
		case err != nil:
			return begun // the database is away; nothing can be read until it is back
		}
		now.Locale = begun.Locale
		return now
	}), until
}

// resolveBound is how long it may take to find out what somebody may do.
const resolveBound = 5 * time.Second

// actor gives who a request's token stands for, and until when; nobody where it has none.
func (c Config) actor(ctx context.Context, r *http.Request) (access.Actor, time.Time, error) {
	nobody := access.Actor{Locale: domain.English}
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return nobody, time.Time{}, nil
	}
	scheme, text, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return nobody, time.Time{}, domain.Errorf(domain.CodeUnauthenticated, "send one token in the header Authorization: Bearer …").
			In("kirim satu token pada header Authorization: Bearer …")
	}
	subject, until, err := c.Verify(strings.TrimSpace(text))
	if err != nil {
		return nobody, time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveBound)
	defer cancel()
	actor, err := c.Resolve(ctx, subject)
	if err != nil {
		return nobody, time.Time{}, err
	}
	return actor, until, nil
}

var languages = language.NewMatcher([]language.Tag{language.Und, language.English, language.Indonesian})

// wishedLocale gives the language that a request asks for; "" where it asks for none that we speak.
func wishedLocale(r *http.Request) domain.Locale {
	wished := r.Header.Get("Accept-Language")
	if wished == "" || len(wished) > 500 {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(wished)
	if err != nil {
		return ""
	}
	_, i, confidence := languages.Match(tags...)
	if confidence < language.High {
		return ""
	}
	return []domain.Locale{"", domain.English, domain.Indonesian}[i]
}
