package token

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berdaya/berdaya/domain"
)

// Of tokens.
const (
	issuer   = "berdaya"
	audience = "berdaya"
	leeway   = 30 * time.Second

	// Longest is the longest time that a token may be good for.
	Longest = 30 * 24 * time.Hour

	tokenMost   = 4096 // bytes
	subjectMost = 200  // bytes, as members have it
)

// Issuer makes tokens.
type Issuer struct {
	secret Secret
	now    func() time.Time
}

// NewIssuer makes an issuer that signs with the secret; now is time.Now outside of tests.
func NewIssuer(s Secret, now func() time.Time) Issuer { return Issuer{s, now} }

// Issue makes a token for a subject of 1 to 200 bytes, good for up to 30 days. The error has CodeBadUserInput.
func (i Issuer) Issue(subject string, ttl time.Duration) (string, error) {
	if subject == "" || len(subject) > subjectMost {
		return "", domain.Errorf(domain.CodeBadUserInput, "a token's subject has 1 to %d bytes", subjectMost)
	}
	if ttl < time.Second || ttl > Longest {
		return "", domain.Errorf(domain.CodeBadUserInput, "a token is good for 1 second to %d days", Longest/(24*time.Hour))
	}
	now := i.now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: subject,
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	}).SignedString(i.secret.key)
}

// Verifier checks tokens.
type Verifier struct {
	secret Secret
	parser *jwt.Parser
}

// NewVerifier makes a verifier of what an issuer with the same secret makes; now is time.Now outside of tests.
func NewVerifier(s Secret, now func() time.Time) Verifier {
	return Verifier{s, jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(now), jwt.WithStrictDecoding(),
	)}
}

var (
	invalid = domain.Errorf(domain.CodeUnauthenticated, "the token is not valid: get a new one").In("token tidak sah: minta token baru")
	expired = domain.Errorf(domain.CodeUnauthenticated, "the token has expired: get a new one").In("token sudah kedaluwarsa: minta token baru")
)

// Verify gives the subject of a token and when it expires. The error has CodeUnauthenticated and says whether the token has
// expired or is not valid, and no more; its cause is for the log.
func (v Verifier) Verify(text string) (subject string, expires time.Time, err error) {
	if len(text) > tokenMost {
		return "", time.Time{}, invalid
	}
	var claims jwt.RegisteredClaims
	_, err = v.parser.ParseWithClaims(text, &claims, func(*jwt.Token) (any, error) { return v.secret.key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "", time.Time{}, expired.Because(err)
	case err != nil:
		return "", time.Time{}, invalid.Because(err)
	case claims.Subject == "" || len(claims.Subject) > subjectMost || claims.IssuedAt == nil,
		claims.ExpiresAt.Sub(claims.IssuedAt.Time) > Longest:
		return "", time.Time{}, invalid
	}
	return claims.Subject, claims.ExpiresAt.Time, nil
}
