"""Programs beside the notebook: brokers, a balancer, servers in processes of their own."""

from wsdemo.programs.balancers import balancer, nginx
from wsdemo.programs.brokers import Broker, broker
from wsdemo.programs.process import Program, run_in_process, serve_in_process

__all__ = ["Broker", "Program", "balancer", "broker", "nginx", "run_in_process", "serve_in_process"]
