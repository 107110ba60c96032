// Command gpu is a device plugin with the GPU of the lab's node: nothing but its count is real, yet scheduler and
// kubelet treat it as they treat the operator's card. It registers again whenever the kubelet was restarted.
//
// There is one, or as many as the file that is its argument says at the moment.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	plugin "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	resource = "nvidia.com/gpu"
	device   = "GPU-1ab00000-0000-4000-8000-%012d"
	first    = 3060
	look     = 500 * time.Millisecond
)

type server struct {
	plugin.UnimplementedDevicePluginServer
	counted string
}

func (server) GetDevicePluginOptions(context.Context, *plugin.Empty) (*plugin.DevicePluginOptions, error) {
	return &plugin.DevicePluginOptions{}, nil
}

func (one server) ListAndWatch(_ *plugin.Empty, stream grpc.ServerStreamingServer[plugin.ListAndWatchResponse]) error {
	for told := -1; stream.Context().Err() == nil; time.Sleep(look) {
		count := one.count()
		if count == told {
			continue
		}
		var devices []*plugin.Device
		for number := range count {
			devices = append(devices, &plugin.Device{ID: fmt.Sprintf(device, first+number), Health: plugin.Healthy})
		}
		if err := stream.Send(&plugin.ListAndWatchResponse{Devices: devices}); err != nil {
			return err
		}
		told = count
	}
	return nil
}

// count is what the file says; without one there is one GPU.
func (one server) count() int {
	text, err := os.ReadFile(one.counted)
	if err != nil {
		return 1
	}
	count, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || count < 0 {
		return 1
	}
	return count
}

func (server) Allocate(_ context.Context, asked *plugin.AllocateRequest) (*plugin.AllocateResponse, error) {
	given := &plugin.AllocateResponse{}
	for _, one := range asked.ContainerRequests {
		given.ContainerResponses = append(given.ContainerResponses, &plugin.ContainerAllocateResponse{
			Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(one.DevicesIds, ",")},
		})
	}
	return given, nil
}

func main() {
	counted := ""
	if len(os.Args) > 1 {
		counted = os.Args[1]
	}
	for {
		if err := serve(plugin.KubeletSocket, counted); err != nil {
			log.Print(err)
		}
		time.Sleep(look)
	}
}

// serve registers and stays until the kubelet's socket is another one than at the beginning.
func serve(kubelet, counted string) error {
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
	plugin.RegisterDevicePluginServer(serving, server{counted: counted})
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
