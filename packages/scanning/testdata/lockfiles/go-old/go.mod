module example.com/old

go 1.15

require (
	github.com/dgrijalva/jwt-go v3.2.0+incompatible
	github.com/miekg/dns v1.1.24
)
