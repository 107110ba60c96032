// Command gpu is a device plugin with the one GPU of the lab's node: nothing but its count is real, yet scheduler and
// kubelet treat it as they treat the operator's card. It registers again whenever the kubelet was restarted.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	plugin "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	resource = "nvidia.com/gpu"
	device   = "GPU-1ab00000-0000-4000-8000-000000003060"
	look     = 500 * time.Millisecond
)

type server struct {
	plugin.UnimplementedDevicePluginServer
}

func (server) GetDevicePluginOptions(context.Context, *plugin.Empty) (*plugin.DevicePluginOptions, error) {
	return &plugin.DevicePluginOptions{}, nil
}

func (server) ListAndWatch(_ *plugin.Empty, stream grpc.ServerStreamingServer[plugin.ListAndWatchResponse]) error {
	one := []*plugin.Device{{ID: device, Health: plugin.Healthy}}
	if err := stream.Send(&plugin.ListAndWatchResponse{Devices: one}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

func (server) Allocate(_ context.Context, asked *plugin.AllocateRequest) (*plugin.AllocateResponse, error) {
	given := &plugin.AllocateResponse{}
	for range asked.ContainerRequests {
		given.ContainerResponses = append(given.ContainerResponses, &plugin.ContainerAllocateResponse{
			Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": device},
		})
	}
	return given, nil
}

func main() {
	kubelet := plugin.KubeletSocket
	if len(os.Args) > 1 {
		kubelet = os.Args[1]
	}
	for {
		if err := serve(kubelet); err != nil {
			log.Print(err)
		}
		time.Sleep(look)
	}
}

// serve registers and stays until the kubelet's socket is another one than at the beginning.
func serve(kubelet string) error {
	began, err := os.Stat(kubelet)
	if err != nil {
		return err
	}
	own := filepath.Join(filepath.Dir(kubelet), "lab-gpu.sock")
	_ = os.Remove(own)
	listener, err := net.Listen("unix", own)
	if err != nil {
		return err
	}
	serving := grpc.NewServer()
	plugin.RegisterDevicePluginServer(serving, server{})
	go func() { _ = serving.Serve(listener) }()
	defer serving.Stop()
	if err := register(kubelet, filepath.Base(own)); err != nil {
		return err
	}
	for {
		time.Sleep(look)
		now, err := os.Stat(kubelet)
		if err != nil || !os.SameFile(began, now) || !now.ModTime().Equal(began.ModTime()) {
			return err
		}
	}
}

func register(kubelet, endpoint string) error {
	connection, err := grpc.NewClient("unix://"+kubelet, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	limited, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = plugin.NewRegistrationClient(connection).Register(limited, &plugin.RegisterRequest{
		Version: plugin.Version, Endpoint: endpoint, ResourceName: resource,
	})
	return err
}
