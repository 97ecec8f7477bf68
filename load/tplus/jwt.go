package tplus

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenLife is how long a signed token may be used: the vendor's own clients say
// half a minute.
const tokenLife = 30 * time.Second

// signer makes the JWT of generation 2.
type signer struct {
	method jwt.SigningMethod
	key    *rsa.PrivateKey
}

// claims are in the platform's order. Exp is in milliseconds, unlike elsewhere.
type claims struct {
	Sub         string `json:"sub"`
	Exp         int64  `json:"exp"`
	Datas       string `json:"datas"`
	AccessToken string `json:"access_token,omitempty"`
	// The library wants the registered claims; they are not sent.
	jwt.RegisteredClaims `json:"-"`
}

func (c Connection) signer() (signer, error) {
	var made signer
	switch c.JWTAlgorithm {
	case "PS256":
		made.method = jwt.SigningMethodPS256
	case "RS256":
		made.method = jwt.SigningMethodRS256
	default:
		return signer{}, fmt.Errorf("jwt_algorithm %q is none of PS256, RS256", c.JWTAlgorithm)
	}
	if c.PrivateKey == "" {
		return signer{}, errors.New("private_key is missing")
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(c.PrivateKey))
	if err != nil { // what the library says may quote the key
		return signer{}, errors.New("private_key is not an RSA private key in PEM, as in cjet_pri.pem")
	}
	made.key = key
	return made, nil
}

// sign makes a token for a call, or to sign in where accessToken is empty.
func (s signer) sign(digest, accessToken string, now time.Time) (string, error) {
	text, err := s.token(digest, accessToken, now).SignedString(s.key)
	if err != nil {
		return "", fmt.Errorf("sign with private_key: %w", err)
	}
	return text, nil
}

func (s signer) token(digest, accessToken string, now time.Time) *jwt.Token {
	said := claims{Sub: "chanjet", Exp: now.Add(tokenLife).UnixMilli(), Datas: digest, AccessToken: accessToken}
	if accessToken == "" {
		said.Sub = "tester" // not checked: clients differ
	}
	return jwt.NewWithClaims(s.method, said)
}
