/** The kinds of templates that each kind of blueprint may refer to, in the order in which its definition lists them. */
export const TEMPLATE_KINDS = {
  ClusterSupplyChain: ['ClusterSourceTemplate', 'ClusterImageTemplate', 'ClusterTemplate', 'ClusterConfigTemplate'],
  ClusterDelivery: ['ClusterSourceTemplate', 'ClusterDeploymentTemplate', 'ClusterTemplate', 'ClusterConfigTemplate'],
} as const;

/** The name of a kind of template that a blueprint may refer to. */
export type TemplateKindName = (typeof TEMPLATE_KINDS)[keyof typeof TEMPLATE_KINDS][number];
