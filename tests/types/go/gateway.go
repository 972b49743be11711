// grpc-ecosystem/gateway: JSON over HTTP in front of a service of grpc/go.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	moneyv1 "registry.example/gen/go/owner/money/protocolbuffers/go/acme/money/v1"
	"registry.example/gen/go/owner/shop/grpc-ecosystem/gateway/v2/acme/shop/v1/shopv1gateway"
	"registry.example/gen/go/owner/shop/grpc/go/acme/shop/v1/shopv1grpc"
	shopv1 "registry.example/gen/go/owner/shop/protocolbuffers/go/acme/shop/v1"
)

type shop struct {
	shopv1grpc.UnimplementedShopServiceServer
}

func (shop) GetItem(_ context.Context, request *shopv1.GetItemRequest) (*shopv1.Item, error) {
	return &shopv1.Item{Name: request.GetName(), Price: &moneyv1.Money{Units: 12}}, nil
}

func main() {
	mux := runtime.NewServeMux()
	// wrong: shopv1gateway.RegisterShopServiceHandlerServer(context.Background(), mux, mux)
	if err := shopv1gateway.RegisterShopServiceHandlerServer(context.Background(), mux, shop{}); err != nil {
		panic(err)
	}
	reply := httptest.NewRecorder()
	mux.ServeHTTP(reply, httptest.NewRequest(http.MethodGet, "/v1/items/tea", nil))
	read := new(shopv1.Item)
	if err := protojson.Unmarshal(reply.Body.Bytes(), read); err != nil {
		panic(err)
	}
	fmt.Println(read.GetName(), read.GetPrice().GetUnits())
}
