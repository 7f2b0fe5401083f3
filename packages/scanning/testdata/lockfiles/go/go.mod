module example.com/shop

go 1.21.3

toolchain go1.22.1

require (
	github.com/gin-gonic/gin v1.7.0
	github.com/docker/docker v20.10.7+incompatible // indirect
	golang.org/x/crypto v0.0.0-20200622213623-75b288015ac9 // indirect
	golang.org/x/net v0.7.0
	golang.org/x/text v0.3.6
	example.com/shop/lib v0.0.0-00010101000000-000000000000
)

require "gopkg.in/yaml.v2" v2.2.2

replace (
	// a fork with a fix
	golang.org/x/net => golang.org/x/net v0.17.0
	golang.org/x/text v0.3.5 => golang.org/x/text v0.14.0
	github.com/gin-gonic/gin v1.7.0 => github.com/acme/gin v1.7.7
)

replace example.com/shop/lib => ./lib

exclude golang.org/x/text v0.3.7

retract [v1.0.0, v1.1.0] // published by mistake
